// SPDX-License-Identifier: MIT
// The instruction sets that the CPU's kernels are compiled for, and which of them this machine has.
#pragma once

#if defined(__x86_64__) && !defined(__clang__)  // which has no `#pragma GCC target`; it reads this to check it
#define DIFFMEM_X86 1
#endif

namespace diffmem::kernels {

enum class Isa { plain, avx2, avx512, avx512_bf16 };
inline constexpr int kIsaCount = 4;

/// Whether it runs here; what __builtin_cpu_supports() says includes that the system keeps the registers.
inline bool runs_here([[maybe_unused]] Isa isa) {
#if DIFFMEM_X86
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx512) return avx512;
  if (isa == Isa::avx512_bf16) return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
  return isa == Isa::plain;
}

}  // namespace diffmem::kernels
