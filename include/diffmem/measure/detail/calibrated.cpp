// SPDX-License-Identifier: MIT
#include <diffmem/measure/calibrated.hpp>
#include <diffmem/measure/detail/neighbours.hpp>

#include <cmath>

namespace diffmem {

Calibrated calibrated_distances(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                                std::int64_t image_size, double a, std::int64_t n, int threads) {
  detail::expect_images("calibrated_distances", generated.size(), "generated");
  if (!(a > 0 && std::isfinite(a)))
    throw Error("calibrated_distances", fmt::format("a = {}", a), "a number above 0", "use 0.5 as the paper does");
  const Neighbours near = nearest(generated, training, image_size, n, threads);

  Calibrated result;
  const auto each = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i < near.index.size(); i += each) {
    double sum = 0;
    for (std::size_t j = i; j < i + each; ++j) sum += std::sqrt(static_cast<double>(near.squared[j]));
    const double first = std::sqrt(static_cast<double>(near.squared[i]));
    result.distances.push_back((sum > 0 ? first / (sum / static_cast<double>(n)) : 1) / a);
    result.nearest.push_back(near.index[i]);
  }
  return result;
}

}  // namespace diffmem
