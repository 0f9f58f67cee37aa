// SPDX-License-Identifier: MIT
// Denoising score matching in its denoiser form (paper Eqs. 1 and 5; Karras et al. 2022).
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/schedule/concept.hpp>

namespace diffmem {

/// weight(sigma) (D(y + sigma eps; sigma, labels) - y)^2 per pixel, unreduced.
/// y [N,C,H,W] on [-1,1], sigma [N], eps [N,C,H,W] standard normal, labels int64 [N] or undefined.     -> [N,C,H,W]
template <class Denoise, NoiseSchedule S>
Tensor denoising_loss(const Denoise& denoise, const S& schedule, const Tensor& y, const Tensor& sigma,
                      const Tensor& eps, const Tensor& labels = {}) {
  const Tensor d = denoise(y + wide(sigma) * eps, sigma, labels);
  return wide(schedule.loss_weight(sigma)) * (d - y).square();
}

}  // namespace diffmem
