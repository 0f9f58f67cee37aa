// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/kernels/byte_dots.hpp>

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace diffmem::kernels {
namespace {

constexpr std::size_t kWords = kStep / 4, kHalf = kPanel / 2;

void nothing() {}

__attribute__((target_clones("avx2", "default"), optimize("O3"))) std::int32_t pack_plain(const std::uint8_t* values,
                                                                                          std::size_t size,
                                                                                          PointStep* to) {
  auto* out = reinterpret_cast<std::int8_t*>(to);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::int8_t>(values[i] ^ 0x80);
  std::int32_t squares = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::int16_t v = values[i];  // 16 bits: the compiler multiplies and adds pairs
    squares += v * v;
  }
  return squares;
}

void dots_plain(const PointStep* points, std::size_t stride, const QueryStep* queries, std::size_t steps, bool add,
                DotTile& out) {
  if (!add) out = {};
  for (std::size_t s = 0; s < steps; ++s)
    for (std::size_t p = 0; p < kPanel; ++p)
      for (std::size_t word = 0; word < kWords; ++word)
        for (std::size_t q = 0; q < kPanel; ++q)
          for (std::size_t b = 0; b < 4; ++b)
            out.value[p][q] +=
                points[p * stride + s].value[4 * word + b] * queries[s].value[q / kHalf][word][q % kHalf][b];
}

void interleave_plain(const std::uint8_t* const* images, std::size_t count, std::size_t first, std::size_t values,
                      QueryStep& to) {
  to = {};
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < values; ++j) to.value[j / kHalf][i / 4][j % kHalf][i % 4] = images[i][first + j];
}

#if defined(__x86_64__)

/// The 256-bit register at `p`.
const __m256i* eight(const void* p) { return static_cast<const __m256i*>(p); }
__m256i* eight(void* p) { return static_cast<__m256i*>(p); }

void interleave_sse2(const std::uint8_t* const* images, std::size_t count, std::size_t first, std::size_t values,
                     QueryStep& to) {
  if (count < kStep || values < kPanel) return interleave_plain(images, count, first, values, to);
  const auto load = [](const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  for (std::size_t word = 0; word < kWords; ++word)
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t at = first + half * kHalf;
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
}
/// 32 values each of two images.
__attribute__((target("avx512f"), always_inline)) inline __m512i pair_of(const std::uint8_t* a, const std::uint8_t* b) {
  const __m512i low = _mm512_maskz_broadcast_i64x4(0x0F, _mm256_loadu_si256(eight(a)));
  return _mm512_mask_broadcast_i64x4(low, 0xF0, _mm256_loadu_si256(eight(b)));
}
// Each value goes to its place in its word by one permutation of two registers.
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) void interleave_vbmi(const std::uint8_t* const* images,
                                                                            std::size_t count, std::size_t first,
                                                                            std::size_t values, QueryStep& to) {
  if (count < kStep || values < kPanel) return interleave_plain(images, count, first, values, to);
  alignas(64) static constexpr auto order = [] {
    std::array<std::uint8_t, 2 * kStep> at{};
    for (std::size_t half = 0; half < 2; ++half)
      for (std::size_t j = 0; j < kHalf; ++j)
        for (std::size_t i = 0; i < 4; ++i)
          at[half * kStep + 4 * j + i] = static_cast<std::uint8_t>(i * kPanel + half * kHalf + j);
    return at;
  }();
  const __m512i low = _mm512_load_si512(order.data()), high = _mm512_load_si512(order.data() + kStep);
  for (std::size_t word = 0; word < kWords; ++word) {
    const __m512i ab = pair_of(images[4 * word] + first, images[4 * word + 1] + first);
    const __m512i cd = pair_of(images[4 * word + 2] + first, images[4 * word + 3] + first);
    _mm512_store_si512(to.value[0][word], _mm512_permutex2var_epi8(ab, low, cd));
    _mm512_store_si512(to.value[1][word], _mm512_permutex2var_epi8(ab, high, cd));
  }
}

auto* interleave_wide() { return __builtin_cpu_supports("avx512vbmi") ? interleave_vbmi : interleave_sse2; }

std::int32_t word_of(const std::int8_t* values) {
  std::int32_t word;
  std::memcpy(&word, values, sizeof word);
  return word;
}

// In all of these, a register holds one word (four values) of 8 or 16 queries, another one word of a point everywhere.

// Bytes become 16-bit numbers, even and odd ones apart, as AVX2's own byte product saturates.
__attribute__((target("avx2"))) void dots_avx2(const PointStep* points, std::size_t stride, const QueryStep* queries,
                                               std::size_t steps, bool add, DotTile& out) {
  constexpr std::size_t kRows = 4, kLanes = 8;
  const __m256i low = _mm256_set1_epi16(0xFF);
  for (std::size_t half = 0; half < 2; ++half)
    for (std::size_t row = 0; row < kPanel; row += kRows) {
      __m256i sum[kRows][2] = {};
      if (add)
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kRows; ++r)
          for (std::size_t i = 0; i < 2; ++i) sum[r][i] = *eight(&out.value[row + r][half * kHalf + i * kLanes]);
      for (std::size_t s = 0; s < steps; ++s)
        for (std::size_t word = 0; word < kWords; ++word) {
          const __m256i q0 = *eight(queries[s].value[half][word]);
          const __m256i q1 = *eight(queries[s].value[half][word] + kLanes);
          const __m256i even0 = _mm256_and_si256(q0, low), odd0 = _mm256_srli_epi16(q0, 8);
          const __m256i even1 = _mm256_and_si256(q1, low), odd1 = _mm256_srli_epi16(q1, 8);
#pragma GCC unroll 4
          for (std::size_t r = 0; r < kRows; ++r) {
            const __m256i p = _mm256_set1_epi32(word_of(&points[(row + r) * stride + s].value[4 * word]));
            const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(p, 8), 8), odd = _mm256_srai_epi16(p, 8);
            sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(even0, even));
            sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(even1, even));
            sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(odd0, odd));
            sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(odd1, odd));
          }
        }
#pragma GCC unroll 4
      for (std::size_t r = 0; r < kRows; ++r)
        for (std::size_t i = 0; i < 2; ++i) *eight(&out.value[row + r][half * kHalf + i * kLanes]) = sum[r][i];
    }
}

__attribute__((target("avx2,avxvnni"))) void dots_avx_vnni(const PointStep* points, std::size_t stride,
                                                           const QueryStep* queries, std::size_t steps, bool add,
                                                           DotTile& out) {
  constexpr std::size_t kRows = 4, kLanes = 8;
  for (std::size_t half = 0; half < 2; ++half)
    for (std::size_t row = 0; row < kPanel; row += kRows) {
      __m256i sum[kRows][2] = {};
      if (add)
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kRows; ++r)
          for (std::size_t i = 0; i < 2; ++i) sum[r][i] = *eight(&out.value[row + r][half * kHalf + i * kLanes]);
      for (std::size_t s = 0; s < steps; ++s)
        for (std::size_t word = 0; word < kWords; ++word) {
          const __m256i q0 = *eight(queries[s].value[half][word]);
          const __m256i q1 = *eight(queries[s].value[half][word] + kLanes);
#pragma GCC unroll 4
          for (std::size_t r = 0; r < kRows; ++r) {
            const __m256i p = _mm256_set1_epi32(word_of(&points[(row + r) * stride + s].value[4 * word]));
            sum[r][0] = _mm256_dpbusd_avx_epi32(sum[r][0], q0, p);
            sum[r][1] = _mm256_dpbusd_avx_epi32(sum[r][1], q1, p);
          }
        }
#pragma GCC unroll 4
      for (std::size_t r = 0; r < kRows; ++r)
        for (std::size_t i = 0; i < 2; ++i) *eight(&out.value[row + r][half * kHalf + i * kLanes]) = sum[r][i];
    }
}

// v^2 = v (v - 128) + 128 v, for a product of bytes takes one with and one without a sign.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) std::int32_t pack_avx512_vnni(const std::uint8_t* values,
                                                                                     std::size_t size, PointStep* to) {
  constexpr std::size_t kAhead = 8192;  // two pages: where the machine's own prefetching stops
  const __m512i middle = _mm512_set1_epi8(-128), one = _mm512_set1_epi8(1);
  __m512i product = _mm512_setzero_si512(), sum = product;
  for (std::size_t i = 0; i < size; i += kStep, ++to) {
    const __mmask64 inside = size - i < kStep ? ~__mmask64{0} >> (kStep - (size - i)) : ~__mmask64{0};
    _mm_prefetch(values + i + kAhead, _MM_HINT_T1);
    const __m512i v = _mm512_maskz_loadu_epi8(inside, values + i);
    const __m512i shifted = _mm512_maskz_mov_epi8(inside, _mm512_xor_si512(v, middle));
    _mm512_store_si512(to, shifted);
    product = _mm512_dpbusd_epi32(product, v, shifted);
    sum = _mm512_dpbusd_epi32(sum, v, one);
  }
  alignas(64) std::int32_t products[16], sums[16];
  _mm512_store_si512(products, product);
  _mm512_store_si512(sums, sum);
  std::int32_t squares = 0;
  for (std::size_t i = 0; i < 16; ++i) squares += products[i] + 128 * sums[i];
  return squares;
}

__attribute__((target("avx512f,avx512vnni"))) void dots_avx512_vnni(const PointStep* points, std::size_t stride,
                                                                    const QueryStep* queries, std::size_t steps,
                                                                    bool add, DotTile& out) {
  constexpr std::size_t kRows = 8;
  for (std::size_t row = 0; row < kPanel; row += kRows) {
    __m512i sum[kRows][2] = {};
    if (add)
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kRows; ++r) {
        sum[r][0] = _mm512_load_si512(&out.value[row + r][0]);
        sum[r][1] = _mm512_load_si512(&out.value[row + r][kHalf]);
      }
    for (std::size_t s = 0; s < steps; ++s)
      for (std::size_t word = 0; word < kWords; ++word) {
        const __m512i q0 = _mm512_load_si512(queries[s].value[0][word]);
        const __m512i q1 = _mm512_load_si512(queries[s].value[1][word]);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < kRows; ++r) {
          const __m512i p = _mm512_set1_epi32(word_of(&points[(row + r) * stride + s].value[4 * word]));
          sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], q0, p);
          sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], q1, p);
        }
      }
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) {
      _mm512_store_si512(&out.value[row + r][0], sum[r][0]);
      _mm512_store_si512(&out.value[row + r][kHalf], sum[r][1]);
    }
  }
}

/// What the tile registers hold: eight of sixteen rows of 64 bytes.
struct alignas(64) TileShape {
  std::uint8_t palette = 1, first_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

thread_local TileShape before;
__attribute__((target("amx-tile"))) void start_amx() {
  static constexpr TileShape shape;  // static: g++ believes that only its first eight bytes are read
  _tile_storeconfig(&before);
  _tile_loadconfig(&shape);
}
__attribute__((target("amx-tile"))) void stop_amx() {
  if (before.palette == 0)
    _tile_release();
  else
    _tile_loadconfig(&before);
}

__attribute__((target("amx-tile,amx-int8"))) void dots_amx(const PointStep* points, std::size_t stride,
                                                           const QueryStep* queries, std::size_t steps, bool add,
                                                           DotTile& out) {
  constexpr std::size_t kRowBytes = sizeof out.value[0];
  if (add) {
    _tile_loadd(0, &out.value[0][0], kRowBytes);
    _tile_loadd(1, &out.value[0][kHalf], kRowBytes);
    _tile_loadd(2, &out.value[kHalf][0], kRowBytes);
    _tile_loadd(3, &out.value[kHalf][kHalf], kRowBytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::size_t s = 0; s < steps; ++s) {
    _tile_loadd(4, points + s, stride * sizeof *points);
    _tile_loadd(6, queries[s].value[0], kStep);
    _tile_dpbsud(0, 4, 6);
    _tile_loadd(7, queries[s].value[1], kStep);
    _tile_dpbsud(1, 4, 7);
    _tile_loadd(5, points + kHalf * stride + s, stride * sizeof *points);
    _tile_dpbsud(2, 5, 6);
    _tile_dpbsud(3, 5, 7);
  }
  _tile_stored(0, &out.value[0][0], kRowBytes);
  _tile_stored(1, &out.value[0][kHalf], kRowBytes);
  _tile_stored(2, &out.value[kHalf][0], kRowBytes);
  _tile_stored(3, &out.value[kHalf][kHalf], kRowBytes);
}

/// Linux saves the tiles of a process only after it asked for that.
bool allow_tiles() {
  constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

#endif

}  // namespace

const std::vector<ByteDots>& byte_dots_here() {
  static const std::vector<ByteDots> here = [] {
    std::vector<ByteDots> list{ByteDots::plain};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) list.push_back(ByteDots::avx2);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("avxvnni")) list.push_back(ByteDots::avx_vnni);
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"))
      list.push_back(ByteDots::avx512_vnni);
    if (__builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") &&
        list.back() == ByteDots::avx512_vnni && allow_tiles())
      list.push_back(ByteDots::amx);
#endif
    return list;
  }();
  return here;
}

ByteKernel byte_kernel(ByteDots way) {
  const auto& here = byte_dots_here();
  if (std::find(here.begin(), here.end(), way) == here.end()) {
    std::string words;
    for (const ByteDots h : here) words += " " + to_text(h);
    throw Error("byte_kernel", to_text(way), "one that this machine has:" + words, "leave the choice to the library");
  }
  switch (way) {
#if defined(__x86_64__)
    case ByteDots::avx2: return {nothing, nothing, pack_plain, dots_avx2, interleave_sse2};
    case ByteDots::avx_vnni: return {nothing, nothing, pack_plain, dots_avx_vnni, interleave_sse2};
    case ByteDots::avx512_vnni: return {nothing, nothing, pack_avx512_vnni, dots_avx512_vnni, interleave_wide()};
    case ByteDots::amx: return {start_amx, stop_amx, pack_avx512_vnni, dots_amx, interleave_wide()};
#endif
    default: return {nothing, nothing, pack_plain, dots_plain, interleave_plain};
  }
}

}  // namespace diffmem::kernels
