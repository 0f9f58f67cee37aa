// SPDX-License-Identifier: MIT
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/cpu/isa.hpp>
#include <diffmem/kernels/cpu/pointwise.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#if DIFFMEM_X86
#include <immintrin.h>
#pragma GCC diagnostic ignored "-Wpsabi"  // all is inlined: no vector is passed in a register
#pragma GCC optimize("O3", "no-trapping-math", "no-math-errno")
#endif

namespace diffmem::kernels {
namespace {

#define DIFFMEM_BYTES 16
#define DIFFMEM_NATIVE_BF16 0
namespace plain {
#include <diffmem/kernels/cpu/pointwise.inc>
}

#if DIFFMEM_X86
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#undef DIFFMEM_BYTES
#define DIFFMEM_BYTES 32
namespace avx2 {
#include <diffmem/kernels/cpu/pointwise.inc>
}
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512")
#undef DIFFMEM_BYTES
#define DIFFMEM_BYTES 64
namespace avx512 {
#include <diffmem/kernels/cpu/pointwise.inc>
}
#pragma GCC target("avx512bf16")
#undef DIFFMEM_NATIVE_BF16
#define DIFFMEM_NATIVE_BF16 1
namespace avx512_bf16 {
#include <diffmem/kernels/cpu/pointwise.inc>
}
#pragma GCC pop_options
#endif

/// Best last, as far as this machine goes.
template <class T>
struct Tables {
  Pointwise<T> all[kIsaCount];
  std::size_t count = 0;
  Tables() {
    all[count++] = plain::table<T>("plain");
#if DIFFMEM_X86
    if (runs_here(Isa::avx2)) all[count++] = avx2::table<T>("avx2");
    if (runs_here(Isa::avx512)) all[count++] = avx512::table<T>("avx512");
    if (runs_here(Isa::avx512_bf16)) all[count++] = avx512_bf16::table<T>("avx512_bf16");
#endif
  }
};
template <class T>
const Tables<T>& tables() {
  static const Tables<T> made;
  return made;
}

}  // namespace

template <class T>
const Pointwise<T>& pointwise() {
  return tables<T>().all[tables<T>().count - 1];
}
template <class T>
PointwiseList<T> all_pointwise() {
  return {tables<T>().all, tables<T>().count};
}

template const Pointwise<float>& pointwise<float>();
template const Pointwise<Bf16>& pointwise<Bf16>();
template PointwiseList<float> all_pointwise<float>();
template PointwiseList<Bf16> all_pointwise<Bf16>();

}  // namespace diffmem::kernels
