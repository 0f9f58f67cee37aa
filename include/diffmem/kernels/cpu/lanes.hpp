// SPDX-License-Identifier: MIT
// Sixteen floats side by side, in whatever registers the machine has; for functions under DIFFMEM_CLONES and for bodies
// that are inlined into functions of one instruction set.  Included by kernels' .cpp files only.
#pragma once
#include <diffmem/kernels/bf16.hpp>
#include <diffmem/kernels/clones.hpp>

#include <cstddef>
#include <cstring>

#pragma GCC diagnostic ignored "-Wpsabi"  // these are inlined: nothing is passed in registers

namespace diffmem::kernels::lanes {

using Lanes = float __attribute__((vector_size(64), aligned(4), may_alias));
using Words = std::uint32_t __attribute__((vector_size(64), aligned(4), may_alias));
using Halves = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));
inline constexpr int kLanes = 16;

DIFFMEM_INLINE Words bits_of(Lanes x) { return (Words)x; }
DIFFMEM_INLINE Lanes floats_of(Words x) { return (Lanes)x; }
DIFFMEM_INLINE Lanes all(float x) { return Lanes{} + x; }

DIFFMEM_INLINE Lanes load(const float* p) { return *reinterpret_cast<const Lanes*>(p); }
DIFFMEM_INLINE Lanes load(const Bf16* p) {
  return floats_of(__builtin_convertvector(*reinterpret_cast<const Halves*>(p), Words) << 16);
}
DIFFMEM_INLINE void store(float* p, Lanes x) { *reinterpret_cast<Lanes*>(p) = x; }
DIFFMEM_INLINE void store(Bf16* p, Lanes x) {
  const Words bits = bits_of(x), rounded = bits + 0x7FFFu + ((bits >> 16) & 1u);
  *reinterpret_cast<Halves*>(p) = __builtin_convertvector((x != x ? bits | 0x400000u : rounded) >> 16, Halves);
}
/// The first `count` of them; the others are 0, or stay as they are.
template <class T>
DIFFMEM_INLINE Lanes load(const T* p, int count) {
  if (count >= kLanes) return load(p);
  T values[kLanes] = {};
  for (int i = 0; i < count; ++i) values[i] = p[i];
  return load(values);
}
template <class T>
DIFFMEM_INLINE void store(T* p, Lanes x, int count) {
  if (count >= kLanes) return store(p, x);
  T values[kLanes];
  store(values, x);
  for (int i = 0; i < count; ++i) p[i] = values[i];
}

DIFFMEM_INLINE float sum_of(Lanes x) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += x[i];
  return sum;
}

/// e^x within 2e-7 of itself for |x| <= 87, and what these bounds give beyond; not a number stays one.
DIFFMEM_INLINE Lanes exp_of(Lanes x) {
  constexpr float kMagic = 0x1.8p23f, kLog2e = 1.44269504f, kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;
  x = x < -87.0f ? all(-87.0f) : x;
  x = x > 87.0f ? all(87.0f) : x;
  const Lanes shifted = x * kLog2e + kMagic, k = shifted - kMagic;
  const Lanes r = (x - k * kLn2High) - k * kLn2Low;
  Lanes p = all(1.0f / 720);
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return floats_of(bits_of(p) + (bits_of(shifted) << 23));
}
DIFFMEM_INLINE Lanes sigmoid_of(Lanes x) { return 1.0f / (1.0f + exp_of(-x)); }

}  // namespace diffmem::kernels::lanes
