// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>

namespace diffmem::kernels {

/// Puts a candidate nearer than the last into a list of k sorted ones.  Candidates come in rising index, so an equal
/// distance goes behind.
template <class Distance>
constexpr void insert_neighbour(std::int64_t* index, Distance* squared, std::size_t k, std::int64_t candidate,
                                Distance distance) {
  std::size_t at = k - 1;
  for (; at > 0 && squared[at - 1] > distance; --at) {
    squared[at] = squared[at - 1];
    index[at] = index[at - 1];
  }
  squared[at] = distance;
  index[at] = candidate;
}

}  // namespace diffmem::kernels
