// SPDX-License-Identifier: MIT
// Every sampler, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/sampler/ablation.hpp>
#include <diffmem/sampler/ddim.hpp>
#include <diffmem/sampler/euler.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/sampler/sde.hpp>

namespace diffmem {

class AnySampler : public Menu<Role::sampler, Heun, Euler, Ddim, ReverseSde, Ablation> {
 public:
  int evaluations() const {
    return on([](const auto& s) { return s.evaluations(); });
  }
  Plan plan(SigmaRange range) const {
    return on([&](const auto& s) { return s.plan(range); });
  }
  Tensor operator()(DenoiserRef denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return on([&](const auto& s) { return s(denoise, noise, range, labels); });
  }
};
static_assert(Sampler<AnySampler>);

}  // namespace diffmem
