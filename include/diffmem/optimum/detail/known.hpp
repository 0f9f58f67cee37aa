// SPDX-License-Identifier: MIT
// What a batch's earlier evaluations say of its next one.  A sampler's next images are sums of its last ones and of
// means, so that most of their products with the points are known: y = sum a_h known_h + rest, and only the rest needs
// digits.  At an unchanged s, as in Heun's second evaluation, the weights change little, and only their change does.
#pragma once
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace diffmem::detail {

/// Where the numbers of 16 queries, rows `of` of a batch, about the points from `first` on stand: in
/// [rows/16][count][16].
template <class T>
struct Places {
  Places(std::span<const std::size_t> of, std::size_t first, std::size_t count, T* in) : rows(of.size()) {
    for (std::size_t q = 0; q < rows; ++q) row[q] = in + (of[q] / kLanes * count + first) * kLanes + of[q] % kLanes;
    together = rows == kLanes && of[0] % kLanes == 0 && row[rows - 1] == row[0] + rows - 1;
  }
  void put(const T* from, std::size_t points) const {
    if (together)
      std::copy_n(from, points * kLanes, row[0]);
    else
      for (std::size_t q = 0; q < rows; ++q)
        for (std::size_t i = 0; i < points; ++i) row[q][i * kLanes] = from[i * kLanes + q];
  }
  /// The numbers side by side: where they are, or in `room`.
  const T* get(std::size_t points, T* room) const {
    if (together) return row[0];
    std::fill_n(room, points * kLanes, T{});
    for (std::size_t q = 0; q < rows; ++q)
      for (std::size_t i = 0; i < points; ++i) room[i * kLanes + q] = row[q][i * kLanes];
    return room;
  }
  std::size_t rows;
  bool together;  // as the 16 queries' own
  T* row[kLanes];
};

/// How much of each known image a query has.
struct Shares {
  double of[kMostKnown] = {};
};
/// Takes the images known of a row off y [size], as far as they go.
Shares take_known(const Bounds& bounds, std::size_t row, double* left, std::size_t size);
/// A place for one more known image of these rows: where no more may be kept, that of the one they have the least of.
Known* place_for_known(Bounds& bounds, std::span<const std::size_t> rows, std::span<const Shares> shares,
                       std::size_t size);

}  // namespace diffmem::detail
