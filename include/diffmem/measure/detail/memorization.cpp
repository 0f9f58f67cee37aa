// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/memorization.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem {

Interval wilson(std::int64_t hits, std::int64_t n) {
  if (n < 1 || hits < 0 || hits > n)
    throw Error("wilson", fmt::format("{} of {}", hits, n), "0 <= hits <= n, n >= 1", "count again");
  constexpr double z = 1.959963984540054;  // 97.5 % quantile of N(0,1)
  const double trials = static_cast<double>(n), p = static_cast<double>(hits) / trials, square = z * z / trials;
  const double middle = (p + square / 2) / (1 + square);
  const double half = z * std::sqrt(p * (1 - p) / trials + square / (4 * trials)) / (1 + square);
  // The ends are exactly 0 and 1 there, which rounding would miss.
  return {hits == 0 ? 0.0 : middle - half, hits == n ? 1.0 : middle + half};
}

Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, int threads, double threshold) {
  const auto complain = [](const std::string& got, std::string_view want, std::string_view todo) {
    throw Error("memorization", got, want, todo);
  };
  if (!(threshold > 0 && threshold <= 1))
    complain(fmt::format("threshold {}", threshold), "a number in (0, 1]", "use 1/3 as the paper does");
  if (generated.empty()) complain("no generated image", "at least one", "sample some images first");
  if (image_size > 0 && training.size() / static_cast<std::size_t>(image_size) < 2)
    complain(fmt::format("{} training images", training.size() / static_cast<std::size_t>(image_size)),
             "at least 2, as the ratio needs a second nearest", "train on more images");

  Memorization result;
  result.neighbours = nearest(generated, training, image_size, 2, threads);
  const auto& squared = result.neighbours.squared;
  result.images = static_cast<std::int64_t>(squared.size() / 2);
  result.flags.resize(squared.size() / 2);
  double sum = 0;
  for (std::size_t i = 0; i < result.flags.size(); ++i) {
    const std::int64_t d1 = squared[2 * i], d2 = squared[2 * i + 1];
    const bool near =
        threshold == 1.0 / 3 ? 9 * d1 < d2 : static_cast<double>(d1) < threshold * threshold * static_cast<double>(d2);
    result.flags[i] = near;
    result.memorized += near;
    result.zero_second += d2 == 0;
    sum += std::sqrt(static_cast<double>(d1) / static_cast<double>(image_size));
  }
  result.ratio = static_cast<double>(result.memorized) / static_cast<double>(result.images);
  result.interval = wilson(result.memorized, result.images);
  result.knn_distance = sum / static_cast<double>(result.images);
  return result;
}

}  // namespace diffmem
