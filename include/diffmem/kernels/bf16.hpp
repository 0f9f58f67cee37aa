// SPDX-License-Identifier: MIT
// bfloat16 as the kernels see it: the upper half of a float32, rounded to nearest, ties to even.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

namespace diffmem {

struct Bf16 {
  std::uint16_t bits;
};
static_assert(sizeof(Bf16) == 2 && std::is_trivially_copyable_v<Bf16>);

/// The values of one product that stand side by side: a machine multiplies bf16 in pairs.
template <class T>
inline constexpr int kPair = std::is_same_v<T, Bf16> ? 2 : 1;

[[gnu::always_inline]] constexpr float widened(float x) { return x; }
[[gnu::always_inline]] constexpr float widened(Bf16 x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }

template <class T>
[[gnu::always_inline]] constexpr T narrowed(float x) {
  if constexpr (std::is_same_v<T, float>) {
    return x;
  } else {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    // Not a number stays one: rounding up could carry it into infinity or zero.
    const std::uint32_t rounded = x != x ? bits | 0x400000u : bits + 0x7FFFu + ((bits >> 16) & 1u);
    return {static_cast<std::uint16_t>(rounded >> 16)};
  }
}

}  // namespace diffmem
