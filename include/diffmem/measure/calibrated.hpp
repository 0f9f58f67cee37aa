// SPDX-License-Identifier: MIT
// The distance to the nearest training image, in units of the distances around it.
#pragma once
#include <diffmem/measure/nearest.hpp>

namespace diffmem {

/// What calibrated_distances() finds.
struct Calibrated {
  std::vector<double> distances;      ///< [N'] small: extracted
  std::vector<std::int64_t> nearest;  ///< [N'] the training image meant
};

/// Carlini et al. 2023: for a generated image x' and its nearest training image x,
/// l(x',x) / (a * mean of l(x',y) over the n training images y nearest to x'),  x among them, l Euclidean on grey levels.
/// At most 1/a, which is also the value where all n are copies of x' (0/0: the limit of n equal distances).
/// `generated` is [N',D], `training` [M,D], D = `image_size` = C*H*W.
/// Error if a set is empty, a size does not fit, a is not above 0, or n is not in 1..M.
Calibrated calibrated_distances(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                                std::int64_t image_size, double a = 0.5, std::int64_t n = 50, int threads = 1);

}  // namespace diffmem
