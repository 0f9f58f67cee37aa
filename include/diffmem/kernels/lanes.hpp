// SPDX-License-Identifier: MIT
// How a block's threads share images whose channels stand side by side: each has V neighbouring channels of every so
// many pixels, moved at once, and so meets one group and one set of weights only.
#pragma once
#include <diffmem/kernels/bf16.hpp>
#include <diffmem/kernels/block.hpp>
#include <diffmem/kernels/group_norm.hpp>

#include <cstddef>
#include <cstdint>

namespace diffmem::kernels {

/// V values of T that are moved at once: 16 bytes at most.
template <class T, unsigned V>
struct alignas(V * sizeof(T)) Pack {
  T value[V];
};
template <class T>
inline constexpr unsigned kWidestPack = 16 / sizeof(T);

/// The wider of the packs that there are (1, 4 and, of bf16, 8 values) that divides both.
template <class T>
constexpr unsigned pack_width(int a, int b) {
  for (const unsigned v : {kWidestPack<T>, 4u})
    if (a % static_cast<int>(v) == 0 && b % static_cast<int>(v) == 0) return v;
  return 1;
}

/// narrowed() by one instruction where there is one.
template <class T>
DIFFMEM_DEVICE T stored(float x) {
#ifdef __CUDA_ARCH__
  if constexpr (sizeof(T) == 2) {
    T result;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
    return result;
  }
#endif
  return narrowed<T>(x);
}

/// Where a thread stands: channels `channel` ... channel+V-1 of pixels row, row + rows, ...
struct Lane {
  unsigned column, columns, channel, row, rows;
};
/// Threads as [rows][columns] over `width` channels from `first` on, both multiples of V; width / V <= kThreads.  A thread
/// without work, too many or behind the last of `channels`, has no pixels.
template <unsigned V>
DIFFMEM_DEVICE Lane lane_of(unsigned thread, unsigned first, unsigned width, unsigned channels, unsigned pixels) {
  const unsigned columns = width / V, rows = kThreads / columns, column = thread % columns, row = thread / columns;
  const bool idle = row >= rows || first + column * V >= channels;
  return {column, columns, idle ? first : first + column * V, idle ? pixels : row, rows};
}

/// The place of a pixel's channel in the pieces of a concatenation.
template <class T>
DIFFMEM_DEVICE T* place_in(const Pieces<T>& x, std::size_t pixel, unsigned channel) {
  const auto first = static_cast<unsigned>(x.channels[0]), second = static_cast<unsigned>(x.channels[1]);
  if (channel < first) return x.part[0] + (pixel * first + channel);
  return x.part[1] ? x.part[1] + (pixel * second + channel - first) : nullptr;
}
template <unsigned V, class T>
DIFFMEM_DEVICE Pack<T, V> loaded(const T* at) {
  return *reinterpret_cast<const Pack<T, V>*>(at);
}
template <unsigned V, class T>
DIFFMEM_DEVICE void store(T* at, const Pack<T, V>& values) {
  *reinterpret_cast<Pack<T, V>*>(at) = values;
}

/// Sums each of a thread's M numbers over the rows.  `room`: M * kThreads values, where number m of a column is then
/// room.get(m * kThreads + column), for every thread until the next call.
template <unsigned M, class Block, class Room>
DIFFMEM_DEVICE void sum_rows(Block& block, Room& room, const Lane& lane, const float (&number)[M]) {
  const unsigned t = block.thread(), row = t / lane.columns;
  block.sync();
  DIFFMEM_UNROLL
  for (unsigned m = 0; m < M; ++m) room.set(m * kThreads + t, number[m]);
  for (unsigned count = lane.rows; count > 1;) {
    const unsigned half = (count + 1) / 2;
    block.sync();
    if (row + half < count) {
      DIFFMEM_UNROLL
      for (unsigned m = 0; m < M; ++m) {
        const unsigned at = m * kThreads + t;
        room.set(at, room.get(at) + room.get(at + half * lane.columns));
      }
    }
    count = half;
  }
  block.sync();
}

}  // namespace diffmem::kernels
