// SPDX-License-Identifier: MIT
// The k nearest points of each query, in integers.  With p = point - 128 and q = query - 128 the distance is
// sum q^2 + sum p^2 - 2 sum q p.  A block has 128 queries and passes over the points in tiles of 128; a sum of products
// leaves its registers only if it is below its query's k-th distance so far.
#pragma once
#include <diffmem/kernels/insert_neighbour.hpp>
#include <diffmem/kernels/pack_images.hpp>

namespace diffmem::kernels {

inline constexpr std::int64_t kFarthest = INT64_MAX;  ///< the distance of a neighbour that is not there

/// Block (x, y): queries 128 x ... over the y-th share of the points.  Sum: int32 while kExactSteps suffice, else int64.
template <class Sum>
struct TopK {
  const std::int8_t *queries, *points;                // packed: [n,stride], [m,stride]
  const std::int64_t *query_squares, *point_squares;  // [n], [m]
  std::size_t stride;
  unsigned steps;
  std::int64_t n, m, share;               // points a block passes over: a multiple of kTile
  std::int64_t first_query, first_point;  // what these are numbered from
  std::size_t k;
  bool others;                    // a query is the point of its number, and not its own neighbour
  std::int64_t *index, *squared;  // [shares,n,k]

  static constexpr unsigned kWords = kTile / 32;    // of a row's bits
  static constexpr unsigned kSumPitch = kTile + 1;  // odd: each row's walker has its own bank
  static constexpr std::size_t kShared = kTileShared + shared_bytes<Sum>(kTile * kSumPitch) +
                                         shared_bytes<std::uint32_t>(kTile * kWords) +
                                         shared_bytes<std::int64_t>(kTile);

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto tiles = block.template shared<std::uint32_t>(4 * kTile * kPitch);
    auto sums = block.template shared<Sum>(kTile * kSumPitch);
    auto hits = block.template shared<std::uint32_t>(kTile * kWords);
    auto limits = block.template shared<std::int64_t>(kTile);  // a query's k-th distance so far
    const unsigned thread = block.thread();
    const std::int64_t first = std::int64_t{block.x()} * kTile, begin = block.y() * share;
    const std::int64_t end = begin + share < m ? begin + share : m;
    const std::int64_t mine = first + thread;  // the query whose list this thread keeps
    const bool keeps = thread < kTile && mine < n;
    const std::size_t list = (static_cast<std::size_t>(block.y()) * n + mine) * k;
    if (thread < kTile) {
      limits.set(thread, keeps ? kFarthest : 0);
      for (unsigned w = 0; w < kWords; ++w) hits.set(thread * kWords + w, 0);
    }
    if (keeps)
      for (std::size_t j = 0; j < k; ++j) index[list + j] = -1, squared[list + j] = kFarthest;

    const RowsOf rows{queries, stride, nullptr, first, n};
    for (std::int64_t at = begin; at < end; at += kTile) {
      Sum sum[4][4][4] = {};
      tile_product(block, tiles, steps, rows, RowsOf{points, stride, nullptr, at, m}, sum);
      DIFFMEM_UNROLL
      for (unsigned i = 0; i < 4; ++i) DIFFMEM_UNROLL
      for (unsigned half = 0; half < 2; ++half) {
        const unsigned row = tile_row(thread, i, 2 * half);
        const std::int64_t query = first + row, limit = limits.get(row);
        if (query >= n) continue;
        const std::int64_t square = query_squares[query];
        DIFFMEM_UNROLL
        for (unsigned j = 0; j < 4; ++j) DIFFMEM_UNROLL
        for (unsigned e = 2 * half; e < 2 * half + 2; ++e) {
          const unsigned column = tile_column(thread, j, e);
          const std::int64_t point = at + column;
          if (point >= end || (others && first_query + query == first_point + point)) continue;
          if (square + point_squares[point] - 2 * std::int64_t{sum[i][j][e]} >= limit) continue;
          sums.set(row * kSumPitch + column, sum[i][j][e]);
          hits.set_bits(row * kWords + column / 32, 1u << column % 32);
        }
      }
      block.sync();
      if (!keeps) continue;
      for (unsigned word = 0; word < kWords; ++word) {
        const std::uint32_t bits = hits.get(thread * kWords + word);
        for (unsigned bit = 0; bit < 32 && bits >> bit != 0; ++bit) {
          if ((bits >> bit & 1) == 0) continue;
          const unsigned column = word * 32 + bit;
          const std::int64_t distance = query_squares[mine] + point_squares[at + column] -
                                        2 * std::int64_t{sums.get(thread * kSumPitch + column)};
          if (distance < squared[list + k - 1])
            insert_neighbour(&index[list], &squared[list], k, first_point + at + column, distance);
        }
        if (bits != 0) hits.set(thread * kWords + word, 0);
      }
      limits.set(thread, squared[list + k - 1]);
    }
  }
};

/// Adds the lists of `shares` shares, in their points' order, to the neighbours found before: a thread a query.
struct MergeTopK {
  const std::int64_t *from_index, *from_squared;  // [shares,n,k]
  std::int64_t *index, *squared;                  // [n,k]
  std::int64_t n;
  unsigned shares;
  std::size_t k;
  bool begin;  // none were found before

  static constexpr std::size_t kShared = 0;

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    const std::int64_t query = std::int64_t{block.x()} * kThreads + block.thread();
    if (query >= n) return;
    const std::size_t list = static_cast<std::size_t>(query) * k;
    if (begin)
      for (std::size_t j = 0; j < k; ++j) index[list + j] = -1, squared[list + j] = kFarthest;
    for (unsigned s = 0; s < shares; ++s) {
      const std::size_t from = (static_cast<std::size_t>(s) * n + query) * k;
      for (std::size_t j = 0; j < k && from_squared[from + j] < squared[list + k - 1]; ++j)
        insert_neighbour(&index[list], &squared[list], k, from_index[from + j], from_squared[from + j]);
    }
  }
};

}  // namespace diffmem::kernels
