// SPDX-License-Identifier: MIT
// How many generated images are replicas of a training image, and how near they are.
#pragma once
#include <diffmem/measure/nearest.hpp>

namespace diffmem {

/// A 95 % confidence interval.
struct Interval {
  double low = 0, high = 0;
};

/// Wilson's score interval, 95 %, of `hits` out of `n`.  Error unless 0 <= hits <= n and n >= 1.
Interval wilson(std::int64_t hits, std::int64_t n);

/// What memorization() finds.
struct Memorization {
  std::int64_t images = 0;          ///< N', generated images
  std::int64_t memorized = 0;       ///< those whose flag is 1
  std::int64_t zero_second = 0;     ///< exact copies of a duplicated training image: 0/0, never memorized
  double ratio = 0;                 ///< R_Mem, Eq. 61: memorized / images, 0..1
  Interval interval;                ///< of the ratio
  double knn_distance = 0;          ///< R'_Mem, Eq. 62 as the paper prints it: mean of d1 / sqrt(C*H*W), grey levels
  std::vector<std::uint8_t> flags;  ///< [images] 1: memorized
  Neighbours neighbours;            ///< k = 2
};

/// Eqs. 61 and 62: a generated image is memorized if d1 / d2 < `threshold` (strictly), where d1 and d2 are its
/// Euclidean distances to the nearest and second nearest training image on grey levels.  `generated` is [N',D],
/// `training` [M,D], D = `image_size` = C*H*W.  The default 1/3 is decided in integers, 9 d1^2 < d2^2.
/// Error if there is no generated image, fewer than two training images, a size that does not fit, or a threshold
/// outside (0, 1].
Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, int threads = 1, double threshold = 1.0 / 3);

}  // namespace diffmem
