// SPDX-License-Identifier: MIT
// What a kernel's body is written against.  A body is a plain struct of raw pointers and numbers with
//
//     static constexpr std::size_t kShared;                                 // bytes of shared memory
//     template <class Block> DIFFMEM_DEVICE void operator()(Block& block) const;   // what one thread of a block does
//
// and a Block offers, to each of its kThreads threads:
//
//     block.thread()                   0 ... kThreads-1
//     block.x(), block.y()             its block's place in the Grid
//     block.template shared<T>(n)      the next n values of shared memory: get, set, set4, add, set_bits
//     block.sync()                     the barrier, reached by all
//     block.mma(acc, a, b)             4 x 4 products of 16 x 32 by 32 x 8 bytes by a warp's 32 threads
//     block.warp_sum(v)                the sum of v over the warp's threads
//     block.add(to, v)                 *to += v, global memory, atomically
//
// Two things are Blocks: a block of CUDA threads (cuda/block.cuh), and the tests' emulation (tests/kernels/emulated.hpp),
// which runs the same source without nvcc and complains of races and barriers that only some threads reach.
#pragma once
#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#define DIFFMEM_DEVICE __device__ __forceinline__
#define DIFFMEM_UNROLL _Pragma("unroll")
#else
#define DIFFMEM_DEVICE inline
#define DIFFMEM_UNROLL
#endif

namespace diffmem::kernels {

inline constexpr unsigned kWarp = 32;      ///< threads of a warp
inline constexpr unsigned kThreads = 256;  ///< threads of a block, whatever the kernel

/// How many blocks run a body.
struct Grid {
  unsigned x = 1, y = 1;
};

/// 16 bytes, moved at once.
struct alignas(16) Quad {
  std::uint32_t word[4];
};

/// Bytes of shared memory that n values of T take.
template <class T>
constexpr std::size_t shared_bytes(std::size_t n) {
  return (n * sizeof(T) + 15) / 16 * 16;
}

/// combine() of every thread's value, for every thread.  `room`: kThreads values, free again after the next barrier.
template <class Block, class Room, class T, class Combine>
DIFFMEM_DEVICE T reduce(Block& block, Room& room, T value, const Combine& combine) {
  const unsigned t = block.thread();
  block.sync();
  room.set(t, value);
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    block.sync();
    if (t < half) room.set(t, combine(room.get(t), room.get(t + half)));
  }
  block.sync();
  return room.get(0);
}
template <class Block, class Room, class T>
DIFFMEM_DEVICE T reduce_sum(Block& block, Room& room, T value) {
  return reduce(block, room, value, [](T a, T b) { return a + b; });
}

}  // namespace diffmem::kernels
