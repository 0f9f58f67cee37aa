// SPDX-License-Identifier: MIT
// expect: compiles
#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>

using namespace diffmem;
RandomStream noise(std::uint64_t seed) { return {seed, Stream::train_noise, 3}; }
Tensor twice(const Tensor& t) { return t + t; }
