// SPDX-License-Identifier: MIT
// Debian's package tuxpaint-stamps-default: some 700 pictures of single things in colour, each with a caption.
#pragma once
#include <diffmem/data/folder.hpp>

namespace diffmem {

/// The PNG files below `folder` as read_folder() reads them with options.side (0: 32), padded to a square, but without
/// those that cannot be used (smaller than the side), those that equal an earlier one, pixel by pixel, and mirror images
/// (*_mirror.png, *_flip.png).  Three channels.  Labels: the top folders.  Captions: the first lines of the text files
/// beside.  Kept in the user's cache folder.
ImageSet read_tuxpaint_stamps(const std::filesystem::path& folder, FolderOptions options = {});

}  // namespace diffmem
