// SPDX-License-Identifier: MIT
// expect: required expression 'd(x, sigma, labels)' is invalid
#include <diffmem/sampler/heun.hpp>

using namespace diffmem;

Tensor sample(const NoiseSource& noise) {
  const auto takes_no_labels = [](const Tensor& x, const Tensor&) { return x; };
  return Heun{}(takes_no_labels, noise, SigmaRange{0.002, 80});
}
