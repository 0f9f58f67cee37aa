// SPDX-License-Identifier: MIT
// Every sampler, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/sampler/heun.hpp>

namespace diffmem {

class AnySampler : public Menu<Role::sampler, Heun> {
 public:
  int evaluations() const {
    return on([](const auto& s) { return s.evaluations(); });
  }
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return on([&](const auto& s) { return s(denoise, noise, range, labels); });
  }
};
static_assert(Sampler<AnySampler>);

}  // namespace diffmem
