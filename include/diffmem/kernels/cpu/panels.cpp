// SPDX-License-Identifier: MIT
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/cpu/isa.hpp>
#include <diffmem/kernels/panels.hpp>

#include <cstring>

#if DIFFMEM_X86
#include <immintrin.h>
#pragma GCC diagnostic ignored "-Wpsabi"  // all is inlined: no vector is passed in a register
#endif

namespace diffmem::kernels {
namespace {

DIFFMEM_INLINE std::uint32_t word_of(const Bf16* p) {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// g++ 12 takes no size that depends on a template's parameter.
template <int Bytes>
struct Vectors;
#define DIFFMEM_VECTORS(bytes)                                       \
  template <>                                                        \
  struct Vectors<bytes> {                                            \
    typedef float Floats __attribute__((vector_size(bytes)));        \
    typedef std::uint32_t Words __attribute__((vector_size(bytes))); \
  };
DIFFMEM_VECTORS(16)
DIFFMEM_VECTORS(32)
DIFFMEM_VECTORS(64)

/// The registers of an instruction set, of `Bytes` each.
template <int Bytes>
struct Register {
  using Floats = typename Vectors<Bytes>::Floats;
  using Words = typename Vectors<Bytes>::Words;
  static constexpr int kLanes = Bytes / 4;

  template <class V, class T>
  DIFFMEM_INLINE static V load(const T* p) {
    V v;
    std::memcpy(&v, p, sizeof v);  // from any address
    return v;
  }
  DIFFMEM_INLINE static void store(float* p, Floats v) { std::memcpy(p, &v, sizeof v); }

  /// Values of as many columns as it has lanes: of bf16, the first and the second of each pair.
  DIFFMEM_INLINE static void take(Floats (&w)[2], const float* p) { w[0] = load<Floats>(p); }
  DIFFMEM_INLINE static void take(Floats (&w)[2], const Bf16* p) {
    const Words words = load<Words>(p);
    w[0] = (Floats)(words << 16), w[1] = (Floats)(words & 0xFFFF0000u);
  }
  /// sum += x (one value, or a pair, for all lanes) times w.
  template <int Count>
  DIFFMEM_INLINE static void add(Floats (&sum)[Count], const float* x, const Floats (&w)[Count][2]) {
#pragma GCC unroll 4
    for (int n = 0; n < Count; ++n) sum[n] += *x * w[n][0];
  }
  template <int Count>
  DIFFMEM_INLINE static void add(Floats (&sum)[Count], const Bf16* x, const Floats (&w)[Count][2]) {
    const std::uint32_t word = word_of(x);
    const float low = std::bit_cast<float>(word << 16), high = std::bit_cast<float>(word & 0xFFFF0000u);
#pragma GCC unroll 4
    for (int n = 0; n < Count; ++n) sum[n] += low * w[n][0];
#pragma GCC unroll 4
    for (int n = 0; n < Count; ++n) sum[n] += high * w[n][1];
  }
};

// A tile is done in parts, of as many rows and registers of columns as its sums leave room for.
template <class R, int Rows, int Count, class T>
DIFFMEM_INLINE void rows_part(const RowProduct<T>& p, int first, int column) {
  typename R::Floats sum[Rows][Count] = {}, w[Count][2];
  float* out = p.out + first * p.out_stride + column;
  const T* panel = p.panel + column / kPanelColumns * p.panel_stride + column % kPanelColumns * kPair<T>;
  for (int t = 0; t < p.tap_count; ++t) {
    const std::ptrdiff_t tap = p.taps[t];
    for (int k = 0; k < p.depth; k += kPair<T>, panel += kPanelColumns * kPair<T>) {
#pragma GCC unroll 4
      for (int n = 0; n < Count; ++n)
        R::take(w[n],
                panel + n * R::kLanes / kPanelColumns * p.panel_stride + n * R::kLanes % kPanelColumns * kPair<T>);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) R::add(sum[r], p.rows[first + r] + tap + k, w);
    }
    if (p.apart == 0 && t + 1 < p.tap_count) continue;
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (int n = 0; n < Count; ++n) {
        R::store(out + r * p.out_stride + n * R::kLanes, sum[r][n]);
        sum[r][n] = typename R::Floats{};
      }
    out += p.apart;
  }
}
template <class R, int Rows, int Count, class T>
DIFFMEM_INLINE void columns_part(const ColumnProduct<T>& p, int first, int column) {
  typename R::Floats sum[Rows][Count], w[Count][2];
  float* out = p.out + first * p.out_stride + column;
  const auto place = [&](int i, int n)
                         __attribute__((always_inline)) { return out + i * p.out_stride + n * R::kLanes; };
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (int n = 0; n < Count; ++n) sum[i][n] = R::template load<typename R::Floats>(place(i, n));
  for (int l = 0; l < p.images * p.lines; ++l) {
    const int image = l / p.lines, line = l % p.lines;
    const T* left = p.left + image * p.left_image + line * p.left_line + first * kPair<T>;
    const T* right = p.right + image * p.right_image + line * p.right_line + column * kPair<T>;
    for (int q = 0; q < p.count; ++q, left += p.left_step, right += p.right_step) {
#pragma GCC unroll 4
      for (int n = 0; n < Count; ++n) R::take(w[n], right + n * R::kLanes * kPair<T>);
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i) R::add(sum[i], left + i * kPair<T>, w);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (int n = 0; n < Count; ++n) R::store(place(i, n), sum[i][n]);
}

// Kernels of an instruction set: rows of a part, and its registers of columns for one panel and for two.
#define DIFFMEM_PANEL_KERNELS(suffix, bytes, size, narrow, wide)                            \
  template <int Count, class T>                                                             \
  void rows_##suffix##_of(const RowProduct<T>& p) {                                         \
    using R = Register<bytes>;                                                              \
    for (int column = 0; column < p.panels * kPanelColumns; column += Count * R::kLanes)    \
      for (int r = 0; r < kTileRows; r += size) rows_part<R, size, Count>(p, r, column);    \
  }                                                                                         \
  template <class T>                                                                        \
  void rows_##suffix(const RowProduct<T>& p) {                                              \
    p.panels == 2 ? rows_##suffix##_of<wide>(p) : rows_##suffix##_of<narrow>(p);            \
  }                                                                                         \
  template <int Count, class T>                                                             \
  void columns_##suffix##_of(const ColumnProduct<T>& p) {                                   \
    using R = Register<bytes>;                                                              \
    for (int column = 0; column < p.panels * kPanelColumns; column += Count * R::kLanes)    \
      for (int i = 0; i < kTileRows; i += size) columns_part<R, size, Count>(p, i, column); \
  }                                                                                         \
  template <class T>                                                                        \
  void columns_##suffix(const ColumnProduct<T>& p) {                                        \
    p.panels == 2 ? columns_##suffix##_of<wide>(p) : columns_##suffix##_of<narrow>(p);      \
  }

DIFFMEM_PANEL_KERNELS(plain, 16, 2, 4, 4)

#if DIFFMEM_X86

#pragma GCC push_options
#pragma GCC target("avx2,fma")
DIFFMEM_PANEL_KERNELS(avx2, 32, 4, 2, 2)
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f")
DIFFMEM_PANEL_KERNELS(avx512, 64, 8, 1, 2)
#pragma GCC pop_options

#define DIFFMEM_BF16 __attribute__((target("avx512f,avx512bf16")))

template <int Panels>
DIFFMEM_BF16 void rows_bf16_of(const RowProduct<Bf16>& p) {
  __m512 sum[kTileRows][Panels];
#pragma GCC unroll 8
  for (int r = 0; r < kTileRows; ++r)
#pragma GCC unroll 2
    for (int n = 0; n < Panels; ++n) sum[r][n] = _mm512_setzero_ps();
  const Bf16* panel = p.panel;
  const std::ptrdiff_t stride = p.panel_stride;
  float* out = p.out;
  const Bf16 *r0 = p.rows[0], *r1 = p.rows[1], *r2 = p.rows[2], *r3 = p.rows[3], *r4 = p.rows[4], *r5 = p.rows[5],
             *r6 = p.rows[6], *r7 = p.rows[7];
  for (int t = 0; t < p.tap_count; ++t) {
    std::ptrdiff_t at = p.taps[t];
    const std::ptrdiff_t end = at + p.depth;
#pragma GCC unroll 4
    for (; at < end; at += 2, panel += 2 * kPanelColumns) {
      __m512bh w[Panels];
      for (int n = 0; n < Panels; ++n) w[n] = (__m512bh)_mm512_loadu_si512(panel + n * stride);
      const auto add = [&](__m512(&s)[Panels], const Bf16* row) DIFFMEM_BF16 __attribute__((always_inline)) {
        const auto x = (__m512bh)_mm512_set1_epi32(static_cast<int>(word_of(row + at)));
        for (int n = 0; n < Panels; ++n) s[n] = _mm512_dpbf16_ps(s[n], x, w[n]);
      };
      add(sum[0], r0), add(sum[1], r1), add(sum[2], r2), add(sum[3], r3);
      add(sum[4], r4), add(sum[5], r5), add(sum[6], r6), add(sum[7], r7);
    }
    if (p.apart == 0 && t + 1 < p.tap_count) continue;
    // Unrolled, like all that touches the sums: else they live in memory.
#pragma GCC unroll 8
    for (int r = 0; r < kTileRows; ++r)
#pragma GCC unroll 2
      for (int n = 0; n < Panels; ++n) {
        _mm512_storeu_ps(out + r * p.out_stride + n * kPanelColumns, sum[r][n]);
        sum[r][n] = _mm512_setzero_ps();
      }
    out += p.apart;
  }
}
DIFFMEM_BF16 void rows_bf16(const RowProduct<Bf16>& p) { p.panels == 2 ? rows_bf16_of<2>(p) : rows_bf16_of<1>(p); }

template <int Panels>
DIFFMEM_BF16 void columns_bf16_of(const ColumnProduct<Bf16>& p) {
  __m512 sum[kTileRows][Panels];
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i)
#pragma GCC unroll 2
    for (int n = 0; n < Panels; ++n) sum[i][n] = _mm512_loadu_ps(p.out + i * p.out_stride + n * kPanelColumns);
  for (int l = 0; l < p.images * p.lines; ++l) {
    const int image = l / p.lines, line = l % p.lines;
    const Bf16* left = p.left + image * p.left_image + line * p.left_line;
    const Bf16* right = p.right + image * p.right_image + line * p.right_line;
#pragma GCC unroll 2
    for (int q = 0; q < p.count; ++q, left += p.left_step, right += p.right_step) {
      __m512bh w[Panels];
      for (int n = 0; n < Panels; ++n) w[n] = (__m512bh)_mm512_loadu_si512(right + n * 2 * kPanelColumns);
#pragma GCC unroll 8
      for (int i = 0; i < kTileRows; ++i) {
        const auto x = (__m512bh)_mm512_set1_epi32(static_cast<int>(word_of(left + 2 * i)));
#pragma GCC unroll 2
        for (int n = 0; n < Panels; ++n) sum[i][n] = _mm512_dpbf16_ps(sum[i][n], x, w[n]);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i)
#pragma GCC unroll 2
    for (int n = 0; n < Panels; ++n) _mm512_storeu_ps(p.out + i * p.out_stride + n * kPanelColumns, sum[i][n]);
}
DIFFMEM_BF16 void columns_bf16(const ColumnProduct<Bf16>& p) {
  p.panels == 2 ? columns_bf16_of<2>(p) : columns_bf16_of<1>(p);
}

#undef DIFFMEM_BF16
#endif

/// The table of a type, best last, as far as this machine goes.
template <class T>
struct Table {
  PanelKernels<T> all[kIsaCount];
  std::size_t count = 0;
  void add(const char* name, void (*rows)(const RowProduct<T>&), void (*columns)(const ColumnProduct<T>&)) {
    all[count++] = {name, rows, columns};
  }
  Table() {
    add("plain", rows_plain<T>, columns_plain<T>);
#if DIFFMEM_X86
    if (runs_here(Isa::avx2)) add("avx2", rows_avx2<T>, columns_avx2<T>);
    if (runs_here(Isa::avx512)) add("avx512", rows_avx512<T>, columns_avx512<T>);
    if constexpr (std::is_same_v<T, Bf16>)
      if (runs_here(Isa::avx512_bf16)) add("avx512_bf16", rows_bf16, columns_bf16);
#endif
  }
};
template <class T>
const Table<T>& table() {
  static const Table<T> made;
  return made;
}

}  // namespace

template <class T>
const PanelKernels<T>& panel_kernels() {
  return table<T>().all[table<T>().count - 1];
}
template <class T>
PanelKernelList<T> all_panel_kernels() {
  return {table<T>().all, table<T>().count};
}

template const PanelKernels<float>& panel_kernels<float>();
template const PanelKernels<Bf16>& panel_kernels<Bf16>();
template PanelKernelList<float> all_panel_kernels<float>();
template PanelKernelList<Bf16> all_panel_kernels<Bf16>();

}  // namespace diffmem::kernels
