// SPDX-License-Identifier: MIT
// A denoiser whose evaluations are the same work at each call: recorded once and then replayed on a CUDA device.
#pragma once
#include <diffmem/core/device_work.hpp>
#include <diffmem/sampler/denoiser.hpp>

#include <memory>
#include <vector>

namespace diffmem {

/// A Denoiser that is another one, by recordings of its evaluations (core/device_work.hpp): one for each of the last two
/// kinds of batch.  The other one lives as long, changes its weights in place only, and needs no gradient.
class Replayed {
 public:
  Replayed(DenoiserRef denoise, at::Device device) : denoise_(denoise), device_(device) {}

  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels);

 private:
  struct Evaluation {
    Tensor x, sigma, labels, denoised;  // always in the same places
    Recorded recorded;
  };

  DenoiserRef denoise_;
  at::Device device_;
  std::vector<std::unique_ptr<Evaluation>> kept_;
};
static_assert(Denoiser<Replayed>);

}  // namespace diffmem
