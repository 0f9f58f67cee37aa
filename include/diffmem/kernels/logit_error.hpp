// SPDX-License-Identifier: MIT
// What float64 loses of logits, and what that does to their weights.
#pragma once
#include <diffmem/kernels/block.hpp>

#include <cmath>

namespace diffmem::kernels {

inline constexpr double kHalfUlp = 0x1p-53;  ///< a result of float64 is off by that of itself, at most

/// Logits that lie farther than this below the largest one belong to points of e^-40 of the weight in all.
DIFFMEM_DEVICE double far_below(double points) { return 40 + ::log(points); }

/// By how much a logit w - rate |y - x|^2 of `size` values may be off, `largest` = rate |y - x|^2 + |w| at most.  A sum in
/// which a term meets `depth` additions is off by depth half ulps of itself, its squares, the product and w by 8 more, and
/// x = v / 127.5 - 1 by 5 half ulps of 1 a value, which is 2 * 5 sum |y_j - x_j| <= 10 sqrt(size) |y - x| in the square.
DIFFMEM_DEVICE double logit_error(double size, double depth, double rate, double largest) {
  return kHalfUlp * ((depth + 8) * largest + 11 * ::sqrt(size * rate * largest));
}

/// What float64 loses of a log-sum-exp where it is put together, from parts no larger than `sum` and `part` and some of
/// 50 at most.
DIFFMEM_DEVICE double log_rounding(double sum, double part) {
  return 4 * kHalfUlp * (::fabs(sum) + ::fabs(part) + 100);
}

/// The total variation, at most, between weights whose logits are each off by up to `off`.  A set of points of weight p
/// has p e^off / (p e^off + (1-p) e^-off) instead at most, which is p (1-p) (e^{2 off} - 1) more at most, and at p = 1/2
/// at most tanh(off / 2).  p or 1-p is at most `others`, what all but one point weigh; if their `points` logits lie `gap`
/// below that one's, they weigh at most points * e^{2 off - gap}.
DIFFMEM_DEVICE double weights_error(double off, double others, double points, double gap) {
  const double half = ::tanh(0.5 * off), lone = others * ::expm1(2 * off), apart = points * ::exp(2 * off - gap);
  const double least = half < lone ? half : lone;
  return least < apart ? least : apart;
}

}  // namespace diffmem::kernels
