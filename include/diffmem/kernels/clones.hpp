// SPDX-License-Identifier: MIT
// DIFFMEM_CLONES before a function: compiled for AVX-512, AVX2 and neither, and vectorised; the machine's is called.
// DIFFMEM_INLINE before what such a function calls: it is compiled as a part of each.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define DIFFMEM_CLONES \
  __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3", "no-trapping-math", "no-math-errno")))
/// The same without contraction of products and sums: all round alike.
#define DIFFMEM_CLONES_ALIKE \
  __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3", "fp-contract=off", "no-trapping-math")))
#else
#define DIFFMEM_CLONES
#define DIFFMEM_CLONES_ALIKE
#endif
#define DIFFMEM_INLINE [[gnu::always_inline]] inline
