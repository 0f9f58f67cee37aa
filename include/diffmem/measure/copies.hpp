// SPDX-License-Identifier: MIT
// Which generated images are copies, those included whose original has twins among the training images.
#pragma once
#include <diffmem/measure/memorization.hpp>

namespace diffmem {

/// How many of some images are copies.
struct Copies {
  std::int64_t images = 0;          ///< N'
  std::int64_t copies = 0;          ///< those whose flag is 1
  double ratio = 0;                 ///< copies / images
  Interval interval;                ///< of the ratio, Wilson's
  std::vector<std::uint8_t> flags;  ///< [N'] 1: a copy
  std::vector<std::int64_t> apart;  ///< [N'] the nearest training image that is no twin; -1: none, or not asked for
  std::vector<std::int64_t> squared_apart;  ///< [N'] and the squared distance to it
};

/// The median squared distance of a training image to its nearest other, of an even number the upper one.
/// Error if there are fewer than two images or a size does not fit.
std::int64_t squared_spacing(std::span<const std::uint8_t> training, std::int64_t image_size, int threads = 1);

/// memorization(), made to see past twins.  Eq. 61 asks that d1, the distance of an image x to its nearest training
/// image t, be below `threshold` times the distance to the second nearest.  Where the training images hold t almost
/// twice, no copy of it can be.  So x is a copy if Eq. 61 says so, or if both
///  - d1 < threshold * d2', where d2' is the distance to the nearest training image that is no twin of t: one farther
///    from t than sqrt(spacing), the median distance of a training image to its nearest other (squared_spacing()); and
///  - d1 < threshold * the distance of x to the nearest image of one colour, which is near to everything faint, or
///    d1 is less than one grey level a value, about what rounding makes.
/// Where every training image is a twin there is no d2', and Eq. 61 alone decides.
///
/// `found` is memorization(generated, training, ...) with the same `threshold`; `channels` C of D = `image_size` =
/// C*H*W. Integers as there; only images that Eq. 61 passes over, and that meet the second condition, are compared
/// again, and no distance is kept but one an image.  Error if a size does not fit.
Copies copies(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training, std::int64_t image_size,
              std::int64_t channels, const Replicas& found, std::int64_t spacing, int threads = 1,
              double threshold = 1.0 / 3);

}  // namespace diffmem
