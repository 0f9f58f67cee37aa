// SPDX-License-Identifier: MIT
// How many generated images are further from their training image than that is from its own neighbour.
#pragma once
#include <diffmem/measure/interval.hpp>
#include <diffmem/measure/nearest.hpp>

namespace diffmem {

/// What authenticity() finds.
struct Authenticity {
  std::int64_t images = 0;          ///< N'
  std::int64_t authentic = 0;       ///< those whose flag is 1
  double share = 0;                 ///< authentic / images, 0..1; AuthPct is 100 times that
  Interval interval;                ///< of the share, Wilson's
  std::vector<std::uint8_t> flags;  ///< [N'] 1: authentic
};

/// Alaa et al. 2022: a generated image x' with nearest training image x is authentic if |x' - x| > min |x - y| over the
/// training images y other than x (strictly, so that a copy never is).  `generated` is [N',D], `training` [M,D],
/// D = `image_size` = C*H*W.
/// Error if there is no generated image, fewer than two training images, or a size does not fit.
Authenticity authenticity(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, int threads = 1);

}  // namespace diffmem
