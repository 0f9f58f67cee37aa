// SPDX-License-Identifier: MIT
// The same numbers in float64 and in a type of the kernels, and how far apart what comes of them is.
#pragma once
#include "check.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace diffmem {

inline Tensor normal(at::IntArrayRef shape, std::uint64_t index, at::ScalarType type = kFloat64) {
  Tensor t = empty(shape, kFloat64);
  RandomStream(7, Stream::init, index)
      .fill_normal(std::span(t.mutable_data_ptr<double>(), static_cast<std::size_t>(t.numel())));
  return t.to(type);
}

/// The distance as a whole in units of want's norm, or, in units of its root mean square, a tenth of the worst value's where
/// that is more.
inline double apart(const Tensor& got, const Tensor& want) {
  const Tensor w = want.to(kFloat64), off = (got.to(kFloat64) - w).abs();
  const double norm = std::sqrt(w.square().sum().item().toDouble()) + 1e-30,
               size = std::sqrt(static_cast<double>(w.numel()));
  return std::max(std::sqrt(off.square().sum().item().toDouble()), 0.1 * off.max().item().toDouble() * size) / norm;
}

/// A tensor in float64 and the same values in the kernels' type, both with gradients.
struct Both {
  Tensor exact, fast;
  Both() = default;
  Both(const Tensor& values, at::ScalarType type) : exact(values.to(type).to(kFloat64)), fast(values.to(type)) {
    exact.requires_grad_(true), fast.requires_grad_(true);
  }
  void require_alike(double most, const std::string& what) const {
    INFO(what);
    REQUIRE(exact.grad().defined());
    REQUIRE(fast.grad().defined());
    REQUIRE(fast.grad().sizes() == exact.grad().sizes());
    REQUIRE(apart(fast.grad(), exact.grad()) < most);
  }
};

}  // namespace diffmem
