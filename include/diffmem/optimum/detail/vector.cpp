// SPDX-License-Identifier: MIT
#include <diffmem/kernels/clones.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace diffmem::detail {
namespace {

/// e^x for x <= 0, within 4e-16 of itself; below -700 it stays at 1e-304.
[[gnu::always_inline]] inline double exp_below(double x) {
  constexpr double kMagic = 0x1.8p52, kLog2e = 1.4426950408889634074;
  constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  x = x < -700 ? -700 : x;
  const double shifted = x * kLog2e + kMagic, k = shifted - kMagic;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double p = 1.0 / 479001600;
  for (const double c : {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
                         1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    p = p * r + c;
  const std::int64_t power = std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(kMagic);
  return p * std::bit_cast<double>((power + 1023) << 52);
}

}  // namespace

DIFFMEM_CLONES double squared_distance(const double* y, const std::uint8_t* v, std::size_t size) {
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
DIFFMEM_CLONES void add_image(double* mean, double w, const std::uint8_t* v, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) mean[j] += w * (v[j] / 127.5 - 1);  // divided: one image is itself
}

DIFFMEM_CLONES void join_digits(const Lanes& lanes, const std::int32_t* const* products, std::size_t digits,
                                const double* sum, std::size_t count, bool add, double* out) {
  for (std::size_t p = 0; p < count; ++p, out += kLanes) {
    double t[kLanes];
    for (std::size_t q = 0; q < kLanes; ++q) t[q] = add ? out[q] : lanes.bias[q] + lanes.sum[q] * sum[p];
    for (std::size_t d = 0; d < digits; ++d) {
      const std::int32_t* product = products[d] + p * kPanel;
      for (std::size_t q = 0; q < kLanes; ++q) t[q] += lanes.place[d][q] * product[q];
    }
    for (std::size_t q = 0; q < kLanes; ++q) out[q] = t[q];
  }
}
DIFFMEM_CLONES void add_shares(const double* share, const double* from, std::size_t count, double* to) {
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) to[p * kLanes + q] += share[q] * from[p * kLanes + q];
}
DIFFMEM_CLONES void logits(const double* rate, const double* half_square, const double* log_weight, std::size_t count,
                           double* inout) {
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      double& t = inout[p * kLanes + q];
      t = rate[q] * (t - half_square[p]) + log_weight[p];
    }
}

/// Lower bounds on the distances, from logits.
DIFFMEM_CLONES void bound_distances(const double* logit, std::size_t count, const double* log_weight,
                                    const double* square, const double* twice, const double* moved, float* out) {
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      const double squared = square[q] - twice[q] * (logit[p * kLanes + q] - log_weight[p]);
      out[p * kLanes + q] = static_cast<float>((std::sqrt(squared > 0 ? squared : 0) + moved[q]) * (1 - 1e-6));
    }
}

DIFFMEM_CLONES void find_most(const double* logit, std::size_t count, double* most) {
  double m[kLanes];
  for (double& x : m) x = -std::numeric_limits<double>::infinity();
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) m[q] = logit[p * kLanes + q] > m[q] ? logit[p * kLanes + q] : m[q];
  for (std::size_t q = 0; q < kLanes; ++q) most[q] = m[q];
}
DIFFMEM_CLONES void count_above(const double* logit, std::size_t count, const double* cut, double* above) {
  double n[kLanes] = {};
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) n[q] += logit[p * kLanes + q] >= cut[q] ? 1 : 0;
  for (std::size_t q = 0; q < kLanes; ++q) above[q] = n[q];
}
DIFFMEM_CLONES bool any_above(const double* logit, const double* least) {
  int any = 0;
  for (std::size_t q = 0; q < kLanes; ++q) any |= logit[q] >= least[q];
  return any != 0;
}

DIFFMEM_CLONES void weigh(double* logit, std::size_t count, const double* half_square, const double* most, Sums& sums) {
  double sum[kLanes] = {}, slope[kLanes] = {}, square[kLanes] = {};
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      const double x = logit[p * kLanes + q] - most[q], e = exp_below(x);
      sum[q] += e;
      slope[q] += e * x;
      square[q] += e * half_square[p];
      logit[p * kLanes + q] = e;
    }
  for (std::size_t q = 0; q < kLanes; ++q) {
    sums.sum[q] = sum[q], sums.slope[q] = slope[q], sums.half_square[q] = square[q];
  }
}

DIFFMEM_CLONES bool any_below(const float* distance, const float* limit) {
  int any = 0;
  for (std::size_t q = 0; q < kLanes; ++q) any |= distance[q] <= limit[q];
  return any != 0;
}

/// Weights of 16 queries, [points][16], as whole numbers [16][kStep] of 1/scale[q].
DIFFMEM_CLONES void units_of(const double* weight, std::size_t points, const double* scale,
                             std::int32_t (*units)[kStep], double* off, double* used) {
  double one[kLanes];
  for (std::size_t q = 0; q < kLanes; ++q) one[q] = 1 / scale[q];
  double o[kLanes] = {}, u[kLanes] = {};
  for (std::size_t p = 0; p < points; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      const double w = weight[p * kLanes + q];
      const auto unit = static_cast<std::int32_t>(w * scale[q] + 0.5);
      const double as = unit * one[q];
      o[q] += as > w ? as - w : w - as, u[q] += as;
      units[q][p] = unit;
    }
  for (std::size_t q = 0; q < kLanes; ++q) off[q] += o[q], used[q] += u[q];
}
/// One digit of whole numbers, `place` bits up, as -128 ... 127: 0x80 added to each digit below, none borrows.
DIFFMEM_CLONES void digit_of(const std::int32_t* unit, int place, bool highest, std::int8_t* digit) {
  const std::int32_t below = 0x808080 >> (24 - place), here = highest ? below : below + (0x80 << place);
  for (std::size_t p = 0; p < kStep; ++p)
    digit[p] =
        static_cast<std::int8_t>(highest ? (unit[p] + here) >> place : (((unit[p] + here) >> place) & 0xFF) - 0x80);
}
DIFFMEM_CLONES void add_values(double* mean, double w, const std::uint8_t* v, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) mean[j] += w * v[j];
}
/// mean += scale * products.
DIFFMEM_CLONES void add_products(double* mean, double scale, const std::int32_t* products, std::size_t values) {
  for (std::size_t k = 0; k < values; ++k) mean[k] += scale * products[k];
}
/// Values first ... first+31 of 64 images, four images to a word: those are the "queries" of a product with weights.
void interleave(const std::uint8_t* const* images, std::size_t count, std::size_t first, std::size_t values,
                QueryStep& to) {
#if defined(__x86_64__)
  if (count == kStep && values == kPanel) {
    const auto load = [](const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
    for (std::size_t word = 0; word < kStep / 4; ++word)
      for (std::size_t half = 0; half < 2; ++half) {
        const std::size_t at = first + half * kPanel / 2;
        const __m128i a = load(images[4 * word] + at), b = load(images[4 * word + 1] + at);
        const __m128i c = load(images[4 * word + 2] + at), d = load(images[4 * word + 3] + at);
        const __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
        const __m128i ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
        auto* out = reinterpret_cast<__m128i*>(to.value[half][word]);
        _mm_store_si128(out, _mm_unpacklo_epi16(ab, cd));
        _mm_store_si128(out + 1, _mm_unpackhi_epi16(ab, cd));
        _mm_store_si128(out + 2, _mm_unpacklo_epi16(ab_high, cd_high));
        _mm_store_si128(out + 3, _mm_unpackhi_epi16(ab_high, cd_high));
      }
    return;
  }
#endif
  to = {};
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < values; ++j)
      to.value[j / (kPanel / 2)][i / 4][j % (kPanel / 2)][i % 4] = images[i][first + j];
}

}  // namespace diffmem::detail
