// SPDX-License-Identifier: MIT
#include <diffmem/optimum/detail/known.hpp>

#include <cmath>
#include <limits>

namespace diffmem::detail {

Shares take_known(const Bounds& bounds, std::size_t row, double* left, std::size_t size) {
  Shares shares;
  // Each was the rest of its time, so they are nearly at right angles.
  for (int sweep = 0; sweep < 2; ++sweep)
    for (std::size_t h = 0; h < bounds.known.size(); ++h) {
      const Known& k = bounds.known[h];
      if (!(k.square[row] > 0)) continue;
      const double* image = &k.image[row * size];
      const double share = dot(left, image, size) / k.square[row];
      add_scaled(left, -share, image, size);
      shares.of[h] += share;
    }
  return shares;
}

Known* place_for_known(Bounds& bounds, std::span<const std::size_t> rows, std::span<const Shares> shares,
                       std::size_t size) {
  if (bounds.known_most == 0) return nullptr;
  std::vector<Known>& known = bounds.known;
  if (known.size() < bounds.known_most) {
    Known& made = known.emplace_back();
    made.image.resize(bounds.rows * size), made.product.resize(bounds.distance.size() / kLanes);
    made.square.resize(bounds.rows), made.most.resize(bounds.rows);
    made.unit.resize(bounds.rows), made.off.resize(bounds.rows);
    return &made;
  }
  double least = std::numeric_limits<double>::infinity();
  Known* place = nullptr;
  for (std::size_t h = 0; h < known.size(); ++h) {
    double most = 0;
    for (std::size_t q = 0; q < rows.size(); ++q)
      most = std::max(most, std::abs(shares[q].of[h]) * std::sqrt(known[h].square[rows[q]]));
    if (most < least) least = most, place = &known[h];
  }
  return place;
}

}  // namespace diffmem::detail
