// SPDX-License-Identifier: MIT
// The closed-form optimum as a Denoiser: every sampler runs on it.
#pragma once
#include <diffmem/optimum/posterior.hpp>
#include <diffmem/sampler/denoiser.hpp>

#include <utility>

namespace diffmem {

/// D*(x; sigma), Eq. 31; with labels, D*(x; sigma, c) over class c alone, Eq. 60.  It remembers the last batch, so that
/// the steps of a sampler become quicker as the noise falls; one sampler at a time.
///
///     auto pictures = generate(Heun{}, OptimalDenoiser(Posterior(images)), OptimalDenoiser::sigma_range(), options);
class OptimalDenoiser {
 public:
  explicit OptimalDenoiser(Posterior posterior) : posterior_(std::move(posterior)) {}
  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels = {}) {
    return posterior_(x, sigma, {}, labels, &memory_).denoised.to(x.device());
  }
  static SigmaRange sigma_range() { return {1e-30, 1e30}; }  ///< what a Posterior takes

 private:
  Posterior posterior_;
  PosteriorMemory memory_;
};
static_assert(Denoiser<OptimalDenoiser>);

}  // namespace diffmem
