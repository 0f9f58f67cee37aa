// SPDX-License-Identifier: MIT
#include <diffmem/measure/detail/bootstrap.hpp>
#include <diffmem/measure/ratio_spread.hpp>

#include <cmath>
#include <numeric>

namespace diffmem {

std::vector<RatioSpread> ratio_spread(std::span<const std::uint8_t> flags, std::span<const std::int64_t> sizes,
                                      int replicates, std::uint64_t seed, int threads) {
  detail::expect_images("ratio_spread", flags.size(), "generated");
  detail::expect_replicates("ratio_spread", replicates, 2);
  const auto images = static_cast<std::int64_t>(flags.size());
  const std::int64_t hits = images - std::count(flags.begin(), flags.end(), 0);

  std::vector<RatioSpread> spreads;
  for (const std::int64_t n : sizes) {
    if (n < 1)
      throw Error("ratio_spread", fmt::format("a sample of {}", n), "at least 1 image", "use 10,000 as the paper does");
    const auto place = static_cast<std::uint32_t>(spreads.size());
    const auto ratios = detail::replicate(replicates, threads, [&](std::size_t r) {
      RandomStream random(seed, Stream::bootstrap, r, place);
      return static_cast<double>(detail::drawn_hits(random, hits, images, n)) / static_cast<double>(n);
    });
    const double count = replicates, mean = std::accumulate(ratios.begin(), ratios.end(), 0.0) / count;
    double squares = 0;
    for (const double r : ratios) squares += (r - mean) * (r - mean);
    spreads.push_back({n, mean, std::sqrt(squares / (count - 1)), percentile_interval(ratios)});
  }
  return spreads;
}

}  // namespace diffmem
