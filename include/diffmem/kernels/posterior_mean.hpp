// SPDX-License-Identifier: MIT
// The weighted sums of images, exactly: digits of the weights times the values, put together in int64.
#pragma once
#include <diffmem/kernels/posterior_weights.hpp>

namespace diffmem::kernels {

/// Block (x, y): values 128 x ... of the sums of 32 queries over a share of the points; y = the share * `tiles` + the
/// queries' tile.  |units| <= 2^31 and |v| <= 128: an int64 has room for 2^25 points.
struct Average {
  PosteriorPoints points;
  const Weighed* weighed;     // [n]; tiles without dense queries are left out
  const std::int8_t* digits;  // [digit_rows,pitch]
  std::size_t n, pitch;
  unsigned tiles, steps;  // of queries; of a share, at most kExactSteps
  std::int64_t* sums;     // [n,size] += sum of units v

  static constexpr unsigned kQueries = kTile / kWeightDigits;
  static constexpr std::size_t kShared = kTileShared;

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto memory = block.template shared<std::uint32_t>(4 * kTile * kPitch);
    const unsigned thread = block.thread(), tile = block.y() % tiles, share = block.y() / tiles;
    bool any = false;
    for (std::size_t q = std::size_t{tile} * kQueries; q < n && q < std::size_t{tile + 1} * kQueries; ++q)
      any = any || weighed[q].dense;
    if (!any) return;
    const std::size_t begin = std::size_t{share} * steps * kTileStep;  // of the points
    const unsigned left = static_cast<unsigned>((pitch - begin) / kTileStep);
    const RowsOf rows{digits + begin, pitch, nullptr, std::int64_t{tile} * kTile,
                      static_cast<std::int64_t>(digit_rows(n, kWeightDigits))};
    const ColumnsOf columns{points.rows(static_cast<std::int64_t>(begin)), std::size_t{block.x()} * kTile};
    std::int32_t sum[4][4][4] = {};
    tile_product(block, memory, left < steps ? left : steps, rows, columns, sum);
    DIFFMEM_UNROLL
    for (unsigned j = 0; j < 4; ++j) {
      DIFFMEM_UNROLL
      for (unsigned e = 0; e < 4; ++e) {
        const std::size_t q =
            std::size_t{tile} * kQueries + tile_row(thread, 0, e) / 64 * kQueryRows + tile_row(thread, 0, e) % 16;
        const std::size_t value = std::size_t{block.x()} * kTile + tile_column(thread, j, e);
        if (q >= n || value >= points.size || !weighed[q].dense) continue;
        std::int64_t total = 0;
        DIFFMEM_UNROLL
        for (unsigned d = 0; d < kWeightDigits; ++d) total = total * 256 + sum[d][j][e];
        block.add(&sums[q * points.size + value], total);
      }
    }
  }
};

}  // namespace diffmem::kernels
