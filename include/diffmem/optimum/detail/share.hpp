// SPDX-License-Identifier: MIT
// What some images of a training set say, and what all of them say together.
#pragma once
#include <diffmem/optimum/posterior.hpp>

namespace diffmem::detail {

/// What one process's images say of N noisy ones: their posterior as if they were all, and what merging takes.
struct Share {
  Optimum optimum;       ///< without score, noise and log_density; denoised [N,d]
  Tensor top_logit;      ///< -|y - x|^2 / 2 s^2 + log weight of optimum.top; -inf where it names no image  [N,top]
  Tensor log_sum_error;  ///< proved bound on the error of optimum.log_sum, float64's included             [N]
};

/// What the images of all processes say of N noisy ones, the same on each, as a Share's optimum; this process's images are
/// the `first` and those that follow.  For every row some process has an image.
Optimum merged(const Share& here, std::int64_t first, const World& world);

}  // namespace diffmem::detail
