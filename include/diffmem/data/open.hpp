// SPDX-License-Identifier: MIT
// From the word after --data to images.
#pragma once
#include <diffmem/data/folder.hpp>

#include <string>
#include <string_view>

namespace diffmem {

/// Opens what `--data` names:
///
///     fashion-mnist, mnist, cifar10, openclipart,       in $DIFFMEM_DATA/<word>, or where Debian installs it
///     openclipart-crops, tuxpaint-stamps, artbench,
///     imagenet-dogs, ffhq
///     fashion-mnist:PATH, mnist:PATH, cifar10:PATH, ... that format at PATH
///     folder:PATH, zip:PATH                             PNG and JPEG files, a class a subfolder
///     PATH                                              the format is recognised by what lies there
///
/// `folder` says how image files are read (openclipart, tuxpaint-stamps and imagenet-dogs: side 0 is 32); the other
/// formats do not ask.  Folders, zips, openclipart, tuxpaint-stamps, imagenet-dogs and ffhq have no test split.  What
/// takes long to read (openclipart, openclipart-crops, tuxpaint-stamps, imagenet-dogs; folders and zips of 2^24 bytes or
/// more, if a side is given) is kept in the user's cache folder; while it is made, and no progress is asked for, a line goes to stderr now and then.  Error listing the
/// choices for an unknown word, the places searched if nothing is there, and whatever the reader of the format
/// complains about.
ImageSet open_images(std::string_view what, Split split = Split::train, const FolderOptions& folder = {});

/// The help text of `--data`.
std::string data_help();

}  // namespace diffmem
