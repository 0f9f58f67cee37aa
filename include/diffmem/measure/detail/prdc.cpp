// SPDX-License-Identifier: MIT
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/prdc.hpp>

namespace diffmem {
namespace {

/// What lies in the balls around some images.
struct Filled {
  double balls = 0;   ///< share of balls that hold a point
  double points = 0;  ///< share of points that lie in a ball
  double pairs = 0;   ///< points in balls, over the number of points
};

Filled fill(std::span<const std::uint8_t> centres, std::span<const std::uint8_t> points, std::int64_t image_size,
            std::int64_t k, int threads) {
  const Neighbours others = nearest_others(centres, image_size, k, threads);
  const auto each = static_cast<std::size_t>(k), n = others.index.size() / each,
             m = points.size() / static_cast<std::size_t>(image_size);
  std::vector<std::int64_t> radii(n), held(n);
  for (std::size_t i = 0; i < n; ++i) radii[i] = others.squared[(i + 1) * each - 1];

  std::vector<std::vector<std::uint8_t>> reached(static_cast<std::size_t>(std::max(threads, 1)),
                                                 std::vector<std::uint8_t>(m));
  within(
      centres, points, image_size, radii,
      [&](int share, std::int64_t centre, std::int64_t point) {
        ++held[static_cast<std::size_t>(centre)];
        reached[static_cast<std::size_t>(share)][static_cast<std::size_t>(point)] = 1;
      },
      threads);

  Filled filled;
  for (const std::int64_t h : held) {
    filled.balls += h > 0;
    filled.pairs += static_cast<double>(h);
  }
  for (std::size_t p = 0; p < m; ++p)
    filled.points += std::any_of(reached.begin(), reached.end(), [&](const auto& share) { return share[p] != 0; });
  return {filled.balls / static_cast<double>(n), filled.points / static_cast<double>(m),
          filled.pairs / static_cast<double>(m)};
}

}  // namespace

Prdc prdc(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> real, std::int64_t image_size,
          std::int64_t k, int threads) {
  const auto [n, m, size] = detail::image_counts("prdc", generated.size(), real.size(), image_size);
  if (k < 1 || static_cast<std::uint64_t>(k) >= std::min(n, m))
    throw Error("prdc", fmt::format("k = {} with {} generated and {} real images", k, n, m),
                "k of at least 1 and more than k images in each set", "ask for a smaller k or bring more images");
  const Filled of_real = fill(real, generated, image_size, k, threads),
               of_generated = fill(generated, real, image_size, k, threads);
  return {.precision = of_real.points,
          .recall = of_generated.points,
          .density = of_real.pairs / static_cast<double>(k),
          .coverage = of_real.balls};
}

}  // namespace diffmem
