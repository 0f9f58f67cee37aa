// SPDX-License-Identifier: MIT
// From the word after --data to images.
#pragma once
#include <diffmem/data/image_set.hpp>

#include <string>
#include <string_view>

namespace diffmem {

/// Opens what `--data` names:
///
///     fashion-mnist, mnist, cifar10                     in $DIFFMEM_DATA/<word>, or where Debian installs it
///     fashion-mnist:PATH, mnist:PATH, cifar10:PATH      that format at PATH
///     PATH                                              the format is recognised by what lies there
///
/// Error listing the choices for an unknown word, the places searched if nothing is there, and whatever the reader of
/// the format complains about.
ImageSet open_images(std::string_view what, Split split = Split::train);

/// The help text of `--data`.
std::string data_help();

}  // namespace diffmem
