// SPDX-License-Identifier: MIT
// Images that a data set holds more than once, exactly or nearly.
#pragma once
#include <diffmem/measure/within.hpp>

namespace diffmem {

/// Groups of images that are alike.
struct Duplicates {
  std::int64_t images = 0;                        ///< in the whole set
  std::vector<std::vector<std::int64_t>> groups;  ///< two or more indices each, rising; the first one is to be kept
};

/// Images whose bytes are equal.  `images` is [N,D], D = `image_size` = C*H*W.  Error if a size does not fit.
Duplicates exact_duplicates(std::span<const std::uint8_t> images, std::int64_t image_size);

/// Images nearer to each other than `rms`: root of the mean squared difference of grey levels, strictly below; groups are
/// closed under "is near to", so that the ends of a chain of near images share a group.  Equal images are near.
/// Error if a size does not fit or rms is not above 0.
Duplicates near_duplicates(std::span<const std::uint8_t> images, std::int64_t image_size, double rms, int threads = 1);

/// The images to keep, rising: all but those that stand behind the first of a group.
std::vector<std::int64_t> kept_images(const Duplicates& duplicates);

}  // namespace diffmem
