// SPDX-License-Identifier: MIT
#include <diffmem/kernels/clones.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <bit>
#include <cmath>
#include <cstdlib>

#pragma GCC diagnostic ignored "-Wpsabi"  // what has vectors is inlined: nothing is passed in registers

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace diffmem::detail {
namespace {

// Eight queries' numbers: half a row.  The compiler's own vectors, as it makes little of loops over 16.
using Eight = double __attribute__((vector_size(64), may_alias));
using Bits = std::int64_t __attribute__((vector_size(64), may_alias));
using Whole = std::int32_t __attribute__((vector_size(32), may_alias));

[[gnu::always_inline]] inline const Eight& half(const Row& row, std::size_t h) {
  return reinterpret_cast<const Eight*>(row.value)[h];
}
[[gnu::always_inline]] inline Eight& half(Row& row, std::size_t h) { return reinterpret_cast<Eight*>(row.value)[h]; }
[[gnu::always_inline]] inline const Whole& half(const std::int32_t* row, std::size_t h) {
  return reinterpret_cast<const Whole*>(row)[h];
}
[[gnu::always_inline]] inline Whole& half(WholeRow& row, std::size_t h) {
  return reinterpret_cast<Whole*>(row.value)[h];
}

/// Eight that stand anywhere.
using Loose = double __attribute__((vector_size(64), aligned(8), may_alias));
[[gnu::always_inline]] inline const Loose& eight(const double* p) { return *reinterpret_cast<const Loose*>(p); }
[[gnu::always_inline]] inline Loose& eight(double* p) { return *reinterpret_cast<Loose*>(p); }

/// e^x for x <= 0, within 4e-16 of itself; below -700 it stays at 1e-304.
[[gnu::always_inline]] inline Eight exp_below(const Eight& below) {
  constexpr double kMagic = 0x1.8p52, kLog2e = 1.4426950408889634074;
  constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  const Eight x = below < -700.0 ? Eight{} - 700.0 : below;
  const Eight shifted = x * kLog2e + kMagic, k = shifted - kMagic;
  const Eight r = (x - k * kLn2High) - k * kLn2Low;
  Eight p = Eight{} + 1.0 / 479001600;
  for (const double c : {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
                         1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    p = p * r + c;
  const Bits power = ((Bits)shifted - std::bit_cast<std::int64_t>(kMagic) + 1023) << 52;
  return p * (Eight)power;
}
/// The nearest whole number, of |x| < 2^51.
[[gnu::always_inline]] inline Eight nearest(const Eight& x) {
  constexpr double kMagic = 0x1.8p52;
  return (x + kMagic) - kMagic;
}

#if defined(__x86_64__)
// Where bytes become doubles the compiler takes them one by one: by hand.
bool wide_here() {
  static const bool here = __builtin_cpu_supports("avx512f");
  return here;
}
__attribute__((target("avx512f"), always_inline)) inline __m512d doubles(const std::uint8_t* v) {
  const __m256i whole = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(v)));
  return (__m512d) __builtin_convertvector((Whole)whole, Eight);
}
/// Of the first values, whole 64 of them.
__attribute__((target("avx512f"))) double squared_distance_wide(const double* y, const std::uint8_t* v,
                                                                std::size_t size) {
  const __m512d scale = _mm512_set1_pd(1 / 127.5), one = _mm512_set1_pd(1);
  __m512d parts[8] = {};
  for (std::size_t j = 0; j + kStep <= size; j += kStep)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) {
      const __m512d x = _mm512_sub_pd(_mm512_mul_pd(doubles(v + j + 8 * k), scale), one);
      const __m512d e = _mm512_sub_pd(_mm512_loadu_pd(y + j + 8 * k), x);
      parts[k] = _mm512_fmadd_pd(e, e, parts[k]);
    }
#pragma GCC unroll 8
  for (std::size_t k = 1; k < 8; ++k) parts[0] = _mm512_add_pd(parts[0], parts[k]);
  double sum = 0;
  for (int k = 0; k < 8; ++k) sum += parts[0][k];
  return sum;
}
__attribute__((target("avx512f"))) void add_values_wide(double* mean, std::span<const Weighted> images,
                                                        std::size_t first, std::size_t count) {
  for (std::size_t j = 0; j + kStep <= count; j += kStep) {
    __m512d sum[8];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) sum[k] = _mm512_loadu_pd(mean + j + 8 * k);
    for (const Weighted& w : images) {
      const __m512d weight = _mm512_set1_pd(w.weight);
      const std::uint8_t* image = w.image + first + j;
      __builtin_prefetch(image + 4 * kStep);  // so many images at once the machine does not follow by itself
#pragma GCC unroll 8
      for (std::size_t k = 0; k < 8; ++k) sum[k] = _mm512_fmadd_pd(weight, doubles(image + 8 * k), sum[k]);
    }
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) _mm512_storeu_pd(mean + j + 8 * k, sum[k]);
  }
}
#else
constexpr bool wide_here() { return false; }
double squared_distance_wide(const double*, const std::uint8_t*, std::size_t) { return 0; }
void add_values_wide(double*, std::span<const Weighted>, std::size_t, std::size_t) {}
#endif

DIFFMEM_CLONES double squared_distance_plain(const double* y, const std::uint8_t* v, std::size_t size) {
  double sum = 0;
  constexpr std::size_t kParts = 32;
  double parts[kParts] = {};
  std::size_t j = 0;
  for (; j + kParts <= size; j += kParts)
    for (std::size_t i = 0; i < kParts; ++i) {
      const double e = y[j + i] - (v[j + i] * (1 / 127.5) - 1);
      parts[i] += e * e;
    }
  for (const double part : parts) sum += part;
  for (; j < size; ++j) {
    const double e = y[j] - (v[j] * (1 / 127.5) - 1);
    sum += e * e;
  }
  return sum;
}
DIFFMEM_CLONES void add_values_plain(double* mean, std::span<const Weighted> images, std::size_t first,
                                     std::size_t count) {
  for (const Weighted& w : images)
    for (std::size_t j = 0; j < count; ++j) mean[j] += w.weight * w.image[first + j];
}

}  // namespace

double squared_distance(const double* y, const std::uint8_t* v, std::size_t size) {
  const std::size_t whole = wide_here() ? size / kStep * kStep : 0;
  const double sum = whole > 0 ? squared_distance_wide(y, v, whole) : 0;
  return whole < size ? sum + squared_distance_plain(y + whole, v + whole, size - whole) : sum;
}
void add_values(double* mean, std::span<const Weighted> images, std::size_t first, std::size_t count) {
  const std::size_t whole = wide_here() ? count / kStep * kStep : 0;
  if (whole > 0) add_values_wide(mean, images, first, whole);
  if (whole < count) add_values_plain(mean + whole, images, first + whole, count - whole);
}

DIFFMEM_CLONES double dot(const double* a, const double* b, std::size_t size) {
  Eight parts[4] = {};
  std::size_t j = 0;
  for (; j + 32 <= size; j += 32)
    for (std::size_t k = 0; k < 4; ++k) parts[k] += eight(a + j + 8 * k) * eight(b + j + 8 * k);
  const Eight all = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  double sum = 0;
  for (int k = 0; k < 8; ++k) sum += all[k];
  for (; j < size; ++j) sum += a[j] * b[j];
  return sum;
}
DIFFMEM_CLONES void add_scaled(double* to, double scale, const double* from, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) to[j] += scale * from[j];
}

DIFFMEM_CLONES void start_terms(const Row& bias, const Row& slope, const double* sum, std::size_t count, Row* to) {
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t h = 0; h < 2; ++h) half(to[p], h) = half(bias, h) + half(slope, h) * sum[p];
}
DIFFMEM_CLONES void add_terms(std::span<const Term> terms, std::size_t count, Row* to) {
  for (std::size_t p = 0; p < count; ++p) {
    Eight low = half(to[p], 0), high = half(to[p], 1);
    for (const Term& t : terms) {
      const std::int32_t* from = t.from + p * t.stride;
      low += half(*t.worth, 0) * __builtin_convertvector(half(from, 0), Eight);
      high += half(*t.worth, 1) * __builtin_convertvector(half(from, 1), Eight);
    }
    half(to[p], 0) = low, half(to[p], 1) = high;
  }
}
DIFFMEM_CLONES void to_whole(const Row* products, const Row& unit, std::size_t count, WholeRow* high, WholeRow* low) {
  for (std::size_t h = 0; h < 2; ++h) {
    const Eight worth = half(unit, h), one = 1 / worth, fine = one * kWholeParts;
    for (std::size_t p = 0; p < count; ++p) {
      const Eight whole = nearest(half(products[p], h) * one);
      half(high[p], h) = __builtin_convertvector(whole, Whole);
      if (low) half(low[p], h) = __builtin_convertvector((half(products[p], h) - whole * worth) * fine, Whole);
    }
  }
}
DIFFMEM_CLONES void logits(const Row& rate, const double* half_square, const double* log_weight, std::size_t count,
                           Row* inout, Row& most) {
  for (std::size_t h = 0; h < 2; ++h) {
    Eight m = half(most, h);
    const Eight r = half(rate, h);
    for (std::size_t p = 0; p < count; ++p) {
      const Eight t = r * (half(inout[p], h) - half_square[p]) + log_weight[p];
      half(inout[p], h) = t;
      m = t > m ? t : m;
    }
    half(most, h) = m;
  }
}

DIFFMEM_CLONES void bound_distances(const Row* logit, std::size_t count, const double* log_weight, const Row& square,
                                    const Row& twice, const Row& moved, float* out) {
  for (std::size_t p = 0; p < count; ++p, out += kLanes) {
    alignas(64) float squared[kLanes];
    for (std::size_t q = 0; q < kLanes; ++q)
      squared[q] = static_cast<float>(square.value[q] - twice.value[q] * (logit[p].value[q] - log_weight[p]));
    for (std::size_t q = 0; q < kLanes; ++q)
      out[q] = (std::sqrt(squared[q] > 0 ? squared[q] : 0) + static_cast<float>(moved.value[q])) * (1 - 1e-6f);
  }
}

DIFFMEM_CLONES void count_above(const Row* numbers, std::size_t count, const Row& cut, bool beside, Row& above) {
  const double sign = beside ? -1 : 1;
  for (std::size_t h = 0; h < 2; ++h) {
    const Eight c = half(cut, h), none = {}, one = none + 1.0;
    Eight n = {};
    for (std::size_t p = 0; p < count; ++p) {
      const Eight x = half(numbers[p], h), other = x * sign;
      n += (x > other ? x : other) >= c ? one : none;
    }
    half(above, h) = n;
  }
}
DIFFMEM_CLONES std::size_t next_above(const Row* numbers, std::size_t first, std::size_t count, const Row& least) {
  for (std::size_t p = first; p < count; ++p) {
    int any = 0;
    for (std::size_t q = 0; q < kLanes; ++q) any |= numbers[p].value[q] >= least.value[q];
    if (any != 0) return p;
  }
  return count;
}

DIFFMEM_CLONES void weigh(Row* logit, std::size_t count, const double* half_square, const Row& most, Sums& sums) {
  for (std::size_t h = 0; h < 2; ++h) {
    const Eight m = half(most, h);
    Eight sum = {}, slope = {}, square = {};
    for (std::size_t p = 0; p < count; ++p) {
      const Eight x = half(logit[p], h) - m, e = exp_below(x);
      sum += e, slope += e * x, square += e * half_square[p];
      half(logit[p], h) = e;
    }
    half(sums.sum, h) = sum, half(sums.slope, h) = slope, half(sums.half_square, h) = square;
  }
}
DIFFMEM_CLONES void subtract_units(const WholeRow* units, const Row& worth, std::size_t count, Row* weights) {
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t h = 0; h < 2; ++h)
      half(weights[p], h) -= half(worth, h) * __builtin_convertvector(half(units[p].value, h), Eight);
}

DIFFMEM_CLONES std::size_t next_beyond(const WholeRow* numbers, std::size_t first, std::size_t count,
                                       const WholeRow& limit) {
  for (std::size_t p = first; p < count; ++p) {
    int any = 0;
    for (std::size_t q = 0; q < kLanes; ++q) any |= std::abs(numbers[p].value[q]) > limit.value[q];
    if (any != 0) return p;
  }
  return count;
}

DIFFMEM_CLONES bool any_below(const float* distance, const float* limit) {
  int any = 0;
  for (std::size_t q = 0; q < kLanes; ++q) any |= distance[q] <= limit[q];
  return any != 0;
}

DIFFMEM_CLONES void units_of(const Row* weights, const Row& scale, std::size_t count, WholeRow* units, Row& off,
                             Row& used) {
  for (std::size_t h = 0; h < 2; ++h) {
    const Eight s = half(scale, h), one = 1 / s;
    Eight o = {}, u = {};
    for (std::size_t p = 0; p < count; ++p) {
      const Eight w = half(weights[p], h), unit = nearest(w * s), as = unit * one;
      o += as > w ? as - w : w - as, u += as;
      half(units[p], h) = __builtin_convertvector(unit, Whole);
    }
    half(off, h) += o, half(used, h) += u;
  }
}
DIFFMEM_CLONES void digit_of(const WholeRow* units, std::size_t lane, int place, bool highest, std::int8_t* digit) {
  // 0x80 added to each digit below: none borrows.
  const std::int32_t below = 0x808080 >> (24 - place), here = highest ? below : below + (0x80 << place);
  const std::int32_t mask = highest ? -1 : 0xFF, less = highest ? 0 : 0x80;
  for (std::size_t p = 0; p < kStep; ++p)
    digit[p] = static_cast<std::int8_t>((((units[p].value[lane] + here) >> place) & mask) - less);
}
DIFFMEM_CLONES void add_products(double* mean, double scale, std::span<const std::int32_t* const> products,
                                 std::size_t values) {
  std::size_t k = 0;
  for (; k + 8 <= values; k += 8) {
    Eight sum = {};
    for (const std::int32_t* digit : products) sum = sum * 256.0 + __builtin_convertvector(half(digit + k, 0), Eight);
    eight(mean + k) += scale * sum;
  }
  for (; k < values; ++k) {
    double sum = 0;
    for (const std::int32_t* digit : products) sum = sum * 256 + digit[k];
    mean[k] += scale * sum;
  }
}

}  // namespace diffmem::detail
