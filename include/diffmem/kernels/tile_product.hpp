// SPDX-License-Identifier: MIT
// A block's part of a product of bytes: 128 rows of one matrix with 128 of another, in int32, by tensor cores.
//
// Both sides pass through shared memory in steps of 64 bytes a row, doubly buffered.  A row of a step takes kPitch = 20
// words there, 16 and 4 of padding, so that the 8 rows x 4 words that a warp reads at once lie in 32 different banks.
// The 8 warps stand 2 x 4; each has 64 x 32 sums: 4 x 4 tiles of 16 x 8.
#pragma once
#include <diffmem/kernels/block.hpp>

namespace diffmem::kernels {

inline constexpr unsigned kTile = 128;         ///< rows on either side of a tile
inline constexpr unsigned kTileStep = 64;      ///< bytes of each row that a step takes
inline constexpr unsigned kPitch = 20;         ///< words from row to row in shared memory
inline constexpr unsigned kExactSteps = 1024;  ///< steps whose sums fit into int32: 1024 * 64 * 128^2 < 2^31

/// Bytes that tile_product() takes.
inline constexpr std::size_t kTileShared = shared_bytes<std::uint32_t>(4 * kTile * kPitch);

/// The place of a thread's sum acc[i][j][e] in the tile: lane 4g + t has of each 16 x 8 tile the rows g (e = 0, 1) and
/// g + 8 (e = 2, 3), columns 2t and 2t + 1.
DIFFMEM_DEVICE unsigned tile_row(unsigned thread, unsigned i, unsigned e) {
  return thread / kWarp / 4 * 64 + i * 16 + thread % kWarp / 4 + e / 2 * 8;
}
DIFFMEM_DEVICE unsigned tile_column(unsigned thread, unsigned j, unsigned e) {
  return thread / kWarp % 4 * 32 + j * 8 + thread % 4 * 2 + e % 2;
}

/// A side whose rows lie in memory, one after the other or named by `ids`; rows behind `count` repeat the last one.
struct RowsOf {
  const std::int8_t* bytes;  // 16-byte aligned, as is every row
  std::size_t stride;        // from row to row
  const std::int64_t* ids;   // or null: row i is row i
  std::int64_t first, count;

  struct Stage {
    Quad quad[2];
  };
  DIFFMEM_DEVICE const std::int8_t* row(std::int64_t i) const {
    const std::int64_t at = i < count ? i : count - 1;
    return bytes + static_cast<std::size_t>(ids ? ids[at] : at) * stride;
  }
  DIFFMEM_DEVICE Stage fetch(unsigned thread, unsigned step) const {
    Stage stage;
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned part = thread + i * kThreads;  // of 128 rows x 4 quads
      stage.quad[i] = *reinterpret_cast<const Quad*>(row(first + part / 4) + step * kTileStep + part % 4 * 16);
    }
    return stage;
  }
  template <class Shared>
  DIFFMEM_DEVICE void put(unsigned thread, const Stage& stage, Shared& to, unsigned base) const {
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned part = thread + i * kThreads;
      to.set4(base + part / 4 * kPitch + part % 4 * 4, stage.quad[i]);
    }
  }
};

/// Byte v of each of four words, lowest first.
DIFFMEM_DEVICE std::uint32_t bytes_of_each(const std::uint32_t (&word)[4], unsigned v) {
#ifdef __CUDA_ARCH__
  const unsigned pick = v | (v + 4) << 4;
  return __byte_perm(__byte_perm(word[0], word[1], pick), __byte_perm(word[2], word[3], pick), 0x5410);
#else
  std::uint32_t bytes = 0;
  for (unsigned i = 0; i < 4; ++i) bytes |= (word[i] >> 8 * v & 0xFF) << 8 * i;
  return bytes;
#endif
}

/// A side whose rows are the columns of such a matrix: a step is 64 of its rows.  They are transposed on the way, four
/// by four bytes; the order in which a thread writes its four words keeps a warp's in 32 different banks.
struct ColumnsOf {
  RowsOf rows;
  std::size_t column;  // the first of 128

  struct Stage {
    std::uint32_t word[2][4];
  };
  struct Place {
    unsigned row, column;  // of a 4 x 4 block, in fours: 16 x 32
  };
  static DIFFMEM_DEVICE Place place(unsigned thread, unsigned i) {
    const unsigned task = thread / kWarp + 8 * i, lane = thread % kWarp;
    return {task / 4 * 4 + lane / 8, task % 4 * 8 + lane % 8};
  }
  DIFFMEM_DEVICE Stage fetch(unsigned thread, unsigned step) const {
    Stage stage;
    for (unsigned i = 0; i < 2; ++i) {
      const Place at = place(thread, i);
      for (unsigned k = 0; k < 4; ++k)
        stage.word[i][k] = *reinterpret_cast<const std::uint32_t*>(
            rows.row(rows.first + step * kTileStep + at.row * 4 + k) + column + at.column * 4);
    }
    return stage;
  }
  template <class Shared>
  DIFFMEM_DEVICE void put(unsigned thread, const Stage& stage, Shared& to, unsigned base) const {
    for (unsigned i = 0; i < 2; ++i) {
      const Place at = place(thread, i);
      for (unsigned k = 0; k < 4; ++k) {
        const unsigned v = (k + at.column / 2) % 4;
        to.set(base + (at.column * 4 + v) * kPitch + at.row, bytes_of_each(stage.word[i], v));
      }
    }
  }
};

/// sum += products of 128 rows of `a` with 128 of `b` over `steps` steps from `step` on, at most kExactSteps.
template <class Block, class Shared, class A, class B>
DIFFMEM_DEVICE void tile_product(Block& block, Shared& memory, unsigned step, unsigned steps, const A& a, const B& b,
                                 std::int32_t (&sum)[4][4][4]) {
  const unsigned thread = block.thread(), lane = thread % kWarp, warp = thread / kWarp;
  const unsigned row = warp / 4 * 64 + lane / 4, column = warp % 4 * 32 + lane / 4;
  auto stage_a = a.fetch(thread, step);
  auto stage_b = b.fetch(thread, step);
  block.sync();  // whoever still reads the memory
  for (unsigned s = 0; s < steps; ++s) {
    const unsigned here = s % 2 * 2 * kTile * kPitch, there = here + kTile * kPitch;
    a.put(thread, stage_a, memory, here);
    b.put(thread, stage_b, memory, there);
    block.sync();
    if (s + 1 < steps) {
      stage_a = a.fetch(thread, step + s + 1);
      stage_b = b.fetch(thread, step + s + 1);
    }
    for (unsigned half = 0; half < 2; ++half) {  // 32 bytes: words 0-7, 8-15
      const unsigned word = half * 8 + lane % 4;
      std::uint32_t left[4][4], right[4][2];
      DIFFMEM_UNROLL
      for (unsigned i = 0; i < 4; ++i) DIFFMEM_UNROLL
      for (unsigned r = 0; r < 4; ++r)  // rows g, g+8; then 16 bytes on
        left[i][r] = memory.get(here + (row + i * 16 + r % 2 * 8) * kPitch + word + r / 2 * 4);
      DIFFMEM_UNROLL
      for (unsigned j = 0; j < 4; ++j) DIFFMEM_UNROLL
      for (unsigned r = 0; r < 2; ++r) right[j][r] = memory.get(there + (column + j * 8) * kPitch + word + r * 4);
      block.mma(sum, left, right);
    }
  }
}

/// The same over all `steps`, of any number if the sums are int64.
template <class Block, class Shared, class A, class B>
DIFFMEM_DEVICE void tile_product(Block& block, Shared& memory, unsigned steps, const A& a, const B& b,
                                 std::int32_t (&sum)[4][4][4]) {
  tile_product(block, memory, 0, steps, a, b, sum);
}
template <class Block, class Shared, class A, class B>
DIFFMEM_DEVICE void tile_product(Block& block, Shared& memory, unsigned steps, const A& a, const B& b,
                                 std::int64_t (&sum)[4][4][4]) {
  for (unsigned step = 0; step < steps; step += kExactSteps) {
    std::int32_t part[4][4][4] = {};
    tile_product(block, memory, step, steps - step < kExactSteps ? steps - step : kExactSteps, a, b, part);
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned j = 0; j < 4; ++j)
        for (unsigned e = 0; e < 4; ++e) sum[i][j][e] += part[i][j][e];
  }
}

}  // namespace diffmem::kernels
