// SPDX-License-Identifier: MIT
#include <diffmem/core/random.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/tensor.hpp>

#include <cstdio>

diffmem::Tensor noise(std::int64_t n);

int main() {
  diffmem::set_up_runtime({.threads = 1});
  std::fputs(diffmem::version_text().c_str(), stdout);
  const double mean = noise(1000).mean().item<double>();
  std::printf("mean of 1000 normals: %.4f\n", mean);
  return mean > -0.2 && mean < 0.2 ? 0 : 1;
}
