// SPDX-License-Identifier: MIT
// What Adam's tests step from, and how far apart two states are.
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace diffmem {

/// Weights, gradients, both moments and the average of nets with leaves of these sizes.
struct AdamState {
  Tensors w, g, m, v, a;
  explicit AdamState(const std::vector<std::size_t>& sizes) {
    std::uint64_t index = 0;
    const auto normal = [&](std::size_t size) {
      std::vector<float> values(size);
      RandomStream(1, Stream::init, index++).fill_normal(std::span(values));
      return tensor_of(values);
    };
    for (const std::size_t size : sizes) {
      for (Tensors* list : {&w, &g, &m, &a}) list->push_back(normal(size));
      v.push_back(normal(size).square());
    }
  }
};

/// The largest |a - b| / max(|b|, 1) over all values; a weight may come to lie near 0, so it is measured against 1.
inline double difference(const Tensors& a, const Tensors& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = values_of<double>(a[i]), y = values_of<double>(b[i]);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double off = std::abs(x[k] - y[k]) / std::max(std::abs(y[k]), 1.0);
      if (!(off <= worst)) worst = off;  // not by max(), in which what is not a number is lost
    }
  }
  return worst;
}

}  // namespace diffmem
