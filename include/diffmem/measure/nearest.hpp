// SPDX-License-Identifier: MIT
// The nearest training images of each generated image, exactly.
#pragma once
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

/// Exact k nearest neighbours by integer arithmetic.  `queries` is [N,D] and `training` [M,D] with D = `image_size`
/// (C*H*W); the queries are shared out over `threads` threads (below 1 counts as 1), which does not change the result.
/// Error if a size is not a multiple of D, or k is not in 1..M.
Neighbours nearest(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                   std::int64_t image_size, std::int64_t k, int threads = 1);

}  // namespace diffmem
