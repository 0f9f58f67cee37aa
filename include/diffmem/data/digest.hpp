// SPDX-License-Identifier: MIT
// The digest of images that are not all here.
#pragma once
#include <diffmem/data/image_set.hpp>

#include <string>
#include <string_view>

namespace diffmem {

/// ImageSet::digest() of a set whose pixels are elsewhere: `rest` is all of it but those, `pixels` their own digest.
std::string digest_without_pixels(const ImageSet& rest, std::string_view pixels);

}  // namespace diffmem
