// SPDX-License-Identifier: MIT
// A second unit that sees the same headers: the program links only if they define nothing twice.
#include <diffmem/core/error.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>

diffmem::Tensor noise(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  diffmem::RandomStream(1, diffmem::Stream::train_noise).fill_normal(std::span(values));
  return diffmem::tensor_of(values);
}
