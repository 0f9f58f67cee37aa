// SPDX-License-Identifier: MIT
// The logits of all points for a batch of queries: products of digits, put together in float64.
#pragma once
#include <diffmem/kernels/query_digits.hpp>

namespace diffmem::kernels {

/// The points' side of a posterior: packed images and what is known of each.
struct PosteriorPoints {
  const std::int8_t* images;           // [.,stride]
  const std::int64_t *sums, *squares;  // of v and of v^2, v = value - 128
  const double* log_weight;            // or null
  const std::int64_t* ids;             // [count], the members; or null: all
  std::int64_t count;
  std::size_t size, stride;

  DIFFMEM_DEVICE std::size_t id(std::size_t place) const { return ids ? static_cast<std::size_t>(ids[place]) : place; }
  /// |x|^2 / 2.
  DIFFMEM_DEVICE double half_square(std::size_t n) const {
    return static_cast<double>(4 * squares[n] + 4 * sums[n] + static_cast<std::int64_t>(size)) *
           (0.5 / (255.0 * 255.0));
  }
  DIFFMEM_DEVICE double weight(std::size_t n) const { return log_weight ? log_weight[n] : 0; }
  DIFFMEM_DEVICE RowsOf rows(std::int64_t first) const { return {images, stride, ids, first, count}; }
};

/// Block (x, y): points 128 x ... for the rows of digits 128 y ..., which are 128 / Digits queries.
template <unsigned Digits>
struct Logits {
  PosteriorPoints points;
  const std::int8_t* digits;    // [digit_rows,stride]
  const QueryNumbers* numbers;  // [n]
  std::size_t n, pitch;
  double* logits;  // [n,pitch]

  static_assert(4 % Digits == 0);
  static constexpr std::size_t kShared = kTileShared;

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto tiles = block.template shared<std::uint32_t>(4 * kTile * kPitch);
    const unsigned thread = block.thread();
    const std::int64_t first = std::int64_t{block.x()} * kTile, row = std::int64_t{block.y()} * kTile;
    std::int32_t sum[4][4][4] = {};
    const RowsOf rows{digits, points.stride, nullptr, row, static_cast<std::int64_t>(digit_rows(n, Digits))};
    tile_product(block, tiles, packed_steps(points.size), rows, points.rows(first), sum);
    DIFFMEM_UNROLL
    for (unsigned j = 0; j < 4; ++j) {
      DIFFMEM_UNROLL
      for (unsigned e = 0; e < 2; ++e) {
        const std::int64_t place = first + tile_column(thread, j, e);
        if (place >= points.count) continue;
        const std::size_t point = points.id(static_cast<std::size_t>(place));
        const double ones = static_cast<double>(points.sums[point]);
        const double half_square = points.half_square(point), weight = points.weight(point);
        DIFFMEM_UNROLL
        for (unsigned i = 0; i < 4; i += Digits) {
          DIFFMEM_UNROLL
          for (unsigned half = 0; half < 2; ++half) {
            // The warp's 16 rows i are a digit of the 16 queries after this one:
            const std::size_t group = (static_cast<std::size_t>(row) + tile_row(thread, i, 0)) / 16 / Digits;
            const std::size_t q = group * kQueryRows + tile_row(thread, 0, 2 * half) % 16;
            if (q >= n) continue;
            const QueryNumbers& number = numbers[q];
            double logit = number.bias + number.sum * ones - number.rate * half_square + weight;
            DIFFMEM_UNROLL
            for (unsigned d = 0; d < Digits; ++d) logit += number.place[d] * sum[i + d][j][2 * half + e];
            logits[q * pitch + static_cast<std::size_t>(place)] = logit;
          }
        }
      }
    }
  }
};

}  // namespace diffmem::kernels
