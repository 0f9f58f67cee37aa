// SPDX-License-Identifier: MIT
// Whether one distance is below a fraction of another, decided exactly.
#pragma once
#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>

namespace diffmem::detail {

/// The fraction p/q, q at most 1000, that a number is; q = 0 if it is none.
inline std::pair<std::int64_t, std::int64_t> fraction_of(double number) {
  for (std::int64_t q = 1; q <= 1000; ++q) {
    const std::int64_t p = std::llround(number * static_cast<double>(q));
    if (static_cast<double>(p) / static_cast<double>(q) == number) return {p, q};
  }
  return {0, 0};
}

/// Whether d1 / d2 < threshold, of squared distances.  Integers suffice up to 10^8 values an image.
class Nearer {
 public:
  explicit Nearer(double threshold) : square_(threshold * threshold) { std::tie(p_, q_) = fraction_of(threshold); }
  bool operator()(std::int64_t d1, std::int64_t d2) const {
    return q_ > 0 ? q_ * q_ * d1 < p_ * p_ * d2 : static_cast<double>(d1) < square_ * static_cast<double>(d2);
  }

 private:
  double square_;
  std::int64_t p_ = 0, q_ = 0;  // threshold = p/q; q = 0: it is no such fraction
};

}  // namespace diffmem::detail
