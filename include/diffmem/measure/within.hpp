// SPDX-License-Identifier: MIT
// Which training images lie in a ball around each query, however many they are.
#pragma once
#include <diffmem/measure/nearest.hpp>

#include <functional>

namespace diffmem {

/// Called with (share, query, training image).  `share` is below the number of threads; two calls of one share never
/// overlap, and a query belongs to one share.  What it throws, within() throws, once the other threads have ended.
using VisitPair = std::function<void(int, std::int64_t, std::int64_t)>;

/// Visits every pair whose squared Euclidean distance on grey levels is at most squared_radii[query], once each, in any
/// order.  `queries` is [N,D], `training` [M,D], D = `image_size` = C*H*W, `squared_radii` [N] (a negative one: nothing);
/// threads and `way` as in nearest().  No distance is kept.
/// Error if a size is not a multiple of D, the radii are not N, or the machine lacks `way`.
void within(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training, std::int64_t image_size,
            std::span<const std::int64_t> squared_radii, const VisitPair& visit, int threads = 1,
            kernels::ByteDots way = kernels::byte_dots_here().back());

}  // namespace diffmem
