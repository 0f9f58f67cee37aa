// SPDX-License-Identifier: MIT
#include <diffmem/core/random.hpp>
#include <diffmem/net/leaves.hpp>

#include <cmath>

namespace diffmem {

Tensor Leaves::add(const std::string& name, at::IntArrayRef shape, InitLaw law) {
  Tensor leaf = empty(shape, dtype_, device_);
  parameters_.emplace_back(name, leaf);
  laws_.push_back(law);
  return leaf;
}

void Leaves::initialise(std::uint64_t seed) {
  initialise([seed](std::size_t leaf, std::size_t count) {
    RandomStream random(seed, Stream::init, leaf);
    std::vector<double> values(count);
    for (double& v : values) v = random.uniform();
    return values;
  });
}

void Leaves::initialise(const InitDraws& draws) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& leaf = parameters_[i].second;
    const InitLaw& law = laws_[i];
    if (!law.draws()) {
      leaf.fill_(law.constant);
      continue;
    }
    const double bound = law.gain * std::sqrt(6 / (law.fan_in + law.fan_out));
    std::vector<double> values = draws(i, static_cast<std::size_t>(leaf.numel()));
    for (double& v : values) v = bound * (2 * v - 1);
    leaf.copy_(tensor_of(std::span<const double>(values), leaf.sizes()).to(kFloat32));  // also in a float64 net
  }
}

}  // namespace diffmem
