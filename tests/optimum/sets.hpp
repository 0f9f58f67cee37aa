// SPDX-License-Identifier: MIT
// Images, and noisy ones, for the tests of the optimum.
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>
#include <diffmem/data/image_set.hpp>

#include <span>
#include <vector>

namespace diffmem::optimum_sets {

/// `count` random images of `values` values; every one a copy of image 0 if `equal`, and image 1 of three or more (ties).
inline ImageSet images(std::int64_t count, std::int64_t values, bool equal = false) {
  ImageSet set{.name = "random",
               .count = count,
               .channels = 1,
               .height = 1,
               .width = values,
               .pixels = {},
               .labels = {},
               .classes = 0};
  for (std::int64_t i = 0; i < count; ++i) {
    RandomStream random(2, Stream::subset, equal || (i == 1 && count > 2) ? 0 : static_cast<std::uint64_t>(i));
    for (std::int64_t k = 0; k < values; ++k) set.pixels.push_back(static_cast<std::uint8_t>(random.bits() >> 24));
  }
  return set;
}

inline double value(const ImageSet& set, std::int64_t i, std::int64_t k) {
  return set.image(i)[static_cast<std::size_t>(k)] / 127.5 - 1;
}

/// n noisy images alpha x + sigma eps: of training images in turn, the last one of none.      float64 [n,1,1,values]
inline Tensor noisy(const ImageSet& set, std::int64_t n, double sigma, double alpha = 1) {
  std::vector<double> z;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<double> eps(static_cast<std::size_t>(set.image_size()));
    RandomStream(3, Stream::train_noise, static_cast<std::uint64_t>(i)).fill_normal(std::span(eps));
    for (std::int64_t k = 0; k < set.image_size(); ++k)
      z.push_back((i == n - 1 && n > 1 ? 0 : alpha * value(set, (i * 7) % set.count, k)) +
                  sigma * eps[static_cast<std::size_t>(k)]);
  }
  return tensor_of(std::span<const double>(z), {n, set.channels, set.height, set.width});
}

}  // namespace diffmem::optimum_sets
