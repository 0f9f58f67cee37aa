// SPDX-License-Identifier: MIT
// Whether one distance is below a fraction of another, decided exactly.
#pragma once
#include <cmath>
#include <cstdint>

namespace diffmem::detail {

/// Whether d1 / d2 < threshold, of squared distances.  Integers suffice up to 10^8 values an image.
class Nearer {
 public:
  explicit Nearer(double threshold) : square_(threshold * threshold) {
    for (std::int64_t q = 1; q <= 1000 && q_ == 0; ++q) {
      p_ = std::llround(threshold * static_cast<double>(q));
      if (static_cast<double>(p_) / static_cast<double>(q) == threshold) q_ = q;
    }
  }
  bool operator()(std::int64_t d1, std::int64_t d2) const {
    return q_ > 0 ? q_ * q_ * d1 < p_ * p_ * d2 : static_cast<double>(d1) < square_ * static_cast<double>(d2);
  }

 private:
  double square_;
  std::int64_t p_ = 0, q_ = 0;  // threshold = p/q; q = 0: it is no such fraction
};

}  // namespace diffmem::detail
