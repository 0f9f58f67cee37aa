// SPDX-License-Identifier: MIT
// The nearest training images of each generated image, exactly.
#pragma once
#include <diffmem/kernels/byte_dots.hpp>
#include <diffmem/kernels/device.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace diffmem {

/// The k nearest training images of N queries.
struct Neighbours {
  std::vector<std::int64_t> index;    ///< [N,k] which training image, nearest first, equal distances by lower index
  std::vector<std::int64_t> squared;  ///< [N,k] squared Euclidean distance on grey levels 0..255, an exact integer
  std::int64_t k = 0;
};

/// The same for images of floats.
struct FloatNeighbours {
  std::vector<std::int64_t> index;  ///< [N,k] as above
  std::vector<double> squared;      ///< [N,k] squared Euclidean distance, summed in float64 in the order of the values
  std::int64_t k = 0;
};

/// Exact k nearest neighbours by integer arithmetic.  `queries` is [N,D] and `training` [M,D] with D = `image_size`
/// (C*H*W); `threads` threads (below 1 counts as 1) share the queries out, which does not change the result, and no more
/// does `way`.  Both sets are read in place, a few MB a thread are packed at a time, and no distance is kept but k a query.
/// Error if a size is not a multiple of D, k is not in 1..M, or the machine lacks `way`.
Neighbours nearest(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                   std::int64_t image_size, std::int64_t k, int threads = 1,
                   kernels::ByteDots way = kernels::byte_dots_here().back());

/// The same for each of `images` among the others: image i is never its own neighbour, a copy of it may be.
/// Error also if k is not in 1..M-1.
Neighbours nearest_others(std::span<const std::uint8_t> images, std::int64_t image_size, std::int64_t k,
                          int threads = 1, kernels::ByteDots way = kernels::byte_dots_here().back());

/// The same on a CUDA device, with the same result.  Both sets may be larger than its memory: they are taken in parts.
/// Error also if the build is without CUDA or the device is not there.
Neighbours nearest(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                   std::int64_t image_size, std::int64_t k, Cuda device);
Neighbours nearest_others(std::span<const std::uint8_t> images, std::int64_t image_size, std::int64_t k, Cuda device);

/// The nearest training image to each query among those that are farther than the root of `squared_radius` from image
/// like[query], k = 1; index -1 and the largest integer where there is none.  `like` is [N,D].  Error also if it is not.
Neighbours nearest_apart(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                         std::int64_t image_size, std::span<const std::uint8_t> like, std::int64_t squared_radius,
                         int threads = 1, kernels::ByteDots way = kernels::byte_dots_here().back());

/// nearest() for float images: exactly what sorting the distances that FloatNeighbours defines would give.  Error also if
/// a value is not finite.
FloatNeighbours nearest(std::span<const float> queries, std::span<const float> training, std::int64_t image_size,
                        std::int64_t k, int threads = 1);
FloatNeighbours nearest_others(std::span<const float> images, std::int64_t image_size, std::int64_t k, int threads = 1);

}  // namespace diffmem
