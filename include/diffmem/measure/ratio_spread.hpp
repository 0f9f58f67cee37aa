// SPDX-License-Identifier: MIT
// How many generated images a memorization ratio needs.
#pragma once
#include <diffmem/measure/interval.hpp>

namespace diffmem {

/// The ratio's spread with one number of images.
struct RatioSpread {
  std::int64_t images = 0;  ///< n
  double mean = 0;          ///< of the replicates' ratios, 0..1
  double deviation = 0;     ///< their standard deviation; about sqrt(R (1 - R) / n)
  Interval interval;        ///< from their 2.5 % to their 97.5 % quantile
};

/// Fig. 6: for each n of `sizes`, the ratio of n images drawn with replacement from those of `flags` (1: memorized, as
/// Replicas::flags), `replicates` times, from Stream::bootstrap of `seed`.  The same with any number of threads.
/// Error if there are no flags, an n is below 1, or there are fewer than 2 replicates.
std::vector<RatioSpread> ratio_spread(std::span<const std::uint8_t> flags, std::span<const std::int64_t> sizes,
                                      int replicates = 1000, std::uint64_t seed = 0, int threads = 1);

}  // namespace diffmem
