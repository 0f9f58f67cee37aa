// SPDX-License-Identifier: MIT
// The numbers of a step of Adam (adam.hpp), as it is asked for and as its kernels read them.
#pragma once
#include <cmath>
#include <cstdint>

namespace diffmem {

/// The numbers of one optimiser step.
struct AdamStep {
  double lr = 0;                      ///< learning rate of this step
  double beta1 = 0.9, beta2 = 0.999;  ///< decay of the moments
  double eps = 1e-8;                  ///< added to the root of the second moment
  std::int64_t count = 1;             ///< steps taken, this one included (bias correction)
  double ema = 0;                     ///< weight average: average = ema * average + (1 - ema) * weight
  double l2 = 0;                      ///< weight decay as a penalty: l2 * weight joins the gradient
  double decay = 0;                   ///< decoupled weight decay (AdamW): weight shrinks by lr * decay
};

namespace kernels {

/// The rounded constants of a step, shared by all its values.
struct AdamRates {
  float keep1, take1, keep2, take2, step_size, root, eps, keep_ema, take_ema, l2, keep_w;

  static AdamRates of(const AdamStep& s) {
    const auto count = static_cast<double>(s.count);
    return {.keep1 = float(s.beta1),
            .take1 = float(1 - s.beta1),
            .keep2 = float(s.beta2),
            .take2 = float(1 - s.beta2),
            .step_size = float(s.lr / (1 - std::pow(s.beta1, count))),
            .root = float(1 / std::sqrt(1 - std::pow(s.beta2, count))),
            .eps = float(s.eps),
            .keep_ema = float(s.ema),
            .take_ema = float(1 - s.ema),
            .l2 = float(s.l2),
            .keep_w = float(1 - s.lr * s.decay)};
  }
};

}  // namespace kernels
}  // namespace diffmem
