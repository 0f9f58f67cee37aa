// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/kernels/bf16.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diffmem {

/// Normal numbers, as a kernel's type holds them.
template <class T>
std::vector<T> some_values(std::size_t count, std::uint64_t index) {
  std::vector<float> drawn(count);
  RandomStream(5, Stream::init, index).fill_normal(std::span(drawn));
  std::vector<T> values;
  for (const float x : drawn) values.push_back(narrowed<T>(x));
  return values;
}

}  // namespace diffmem
