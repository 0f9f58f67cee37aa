// SPDX-License-Identifier: MIT
// Classifier-free guidance (Ho & Salimans 2022).
#pragma once
#include <diffmem/sampler/denoiser.hpp>

namespace diffmem {

/// D_0 + scale (D - D_0), D_0 the denoiser's answer without labels: a Denoiser, as long as `denoise` lives.  Scale 1, or
/// no labels, is the denoiser itself.
struct Guided {
  DenoiserRef denoise;
  double scale = 1;

  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels) const {
    if (scale == 1 || !labels.defined()) return denoise(x, sigma, labels);
    const Tensor without = denoise(x, sigma, {});
    return without + (denoise(x, sigma, labels) - without) * scale;
  }
};
static_assert(Denoiser<const Guided>);

}  // namespace diffmem
