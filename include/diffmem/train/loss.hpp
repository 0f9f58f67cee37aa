// SPDX-License-Identifier: MIT
// Denoising score matching in its denoiser form (paper Eqs. 1 and 5; Karras et al. 2022).
#pragma once
#include <diffmem/sampler/denoiser.hpp>

namespace diffmem {

/// weight (D(y + sigma eps; sigma, labels) - y)^2 per pixel, unreduced; weight: the schedule's loss_weight(sigma).
/// y [N,C,H,W] on [-1,1], sigma [N], weight [N], eps [N,C,H,W] standard normal, labels int64 [N] or undefined.
///                                                                                                      -> [N,C,H,W]
inline Tensor denoising_loss(DenoiserRef denoise, const Tensor& y, const Tensor& sigma, const Tensor& weight,
                             const Tensor& eps, const Tensor& labels = {}) {
  return wide(weight) * (denoise(y + wide(sigma) * eps, sigma, labels) - y).square();
}

}  // namespace diffmem
