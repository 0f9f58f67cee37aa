// SPDX-License-Identifier: MIT
// From the word after --data to images.
#pragma once
#include <diffmem/data/folder.hpp>

#include <string>
#include <string_view>

namespace diffmem {

/// Opens what `--data` names:
///
///     fashion-mnist, mnist, cifar10                     in $DIFFMEM_DATA/<word>, or where Debian installs it
///     fashion-mnist:PATH, mnist:PATH, cifar10:PATH      that format at PATH
///     folder:PATH                                       PNG and JPEG files, a class a subfolder
///     PATH                                              the format is recognised by what lies there
///
/// `folder` says how image files are read; the other formats do not ask.  A folder of them has no test split.  Error listing the choices for an unknown word, the places searched if nothing is there, and whatever the reader of
/// the format complains about.
ImageSet open_images(std::string_view what, Split split = Split::train, const FolderOptions& folder = {});

/// The help text of `--data`.
std::string data_help();

}  // namespace diffmem
