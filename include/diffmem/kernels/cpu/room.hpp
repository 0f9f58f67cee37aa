// SPDX-License-Identifier: MIT
// Memory that a thread keeps between calls.
#pragma once
#include <cstddef>
#include <cstring>
#include <vector>

namespace diffmem::kernels {

/// At least `size` values.
template <class T>
T* room(std::vector<T>& v, std::ptrdiff_t size) {
  if (v.size() < static_cast<std::size_t>(size)) v.resize(static_cast<std::size_t>(size));
  return v.data();
}
/// The same, all zero.
template <class T>
T* cleared(std::vector<T>& v, std::ptrdiff_t size) {
  T* p = room(v, size);
  std::memset(static_cast<void*>(p), 0, static_cast<std::size_t>(size) * sizeof *p);
  return p;
}

}  // namespace diffmem::kernels
