// SPDX-License-Identifier: MIT
// Debian's package openclipart-png: some 7,000 drawings in colour, most with transparent paper, which shows white.
#pragma once
#include <diffmem/data/folder.hpp>

namespace diffmem {

/// The drawings below `folder` as read_folder() reads them with options.side (0: 32), but without those that cannot be
/// used (smaller than the side, or too large to decode) and without those that equal an earlier one, pixel by pixel.
/// Labels: the top folders.  Kept in the user's cache folder.
ImageSet read_openclipart(const std::filesystem::path& folder, FolderOptions options = {});

/// Distinct 32x32 pieces of the drawings, cut from the top left corner on without overlap, those of one colour left
/// out: of all, the `count` whose XXH3-128 come first, in that order.  No labels.  Drawings of more than 2^24 pixels are
/// left out.  Error if there are fewer.
ImageSet cut_crops(const std::filesystem::path& folder, std::int64_t count, const FolderOptions& options = {});

/// For training the first 50,000 of 60,000 such pieces, for tests the others.  Kept in the user's cache folder.
ImageSet read_openclipart_crops(const std::filesystem::path& folder, Split split, const FolderOptions& options = {});

}  // namespace diffmem
