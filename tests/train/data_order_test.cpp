// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/train/order.hpp>

#include <algorithm>
#include <numeric>
#include <set>

using namespace diffmem;

namespace {

/// Epoch `epoch` of an order, image by image.
std::vector<std::int64_t> epoch_of(DataOrder& order, std::int64_t size, std::int64_t epoch) {
  std::vector<std::int64_t> seen;
  for (std::int64_t i = 0; i < size; ++i) seen.push_back(order(epoch * size + i));
  return seen;
}

}  // namespace

TEST_CASE("every epoch of either order sees each image once", "[train][order]") {
  for (const Order law : {Order::cycled, Order::reshuffled})
    for (const std::int64_t size : {1, 2, 7, 1000}) {
      DataOrder order(law, size, 5);
      std::set<std::vector<std::int64_t>> epochs;
      for (std::int64_t e = 0; e < 8; ++e) {
        auto seen = epoch_of(order, size, e);
        epochs.insert(seen);
        std::sort(seen.begin(), seen.end());
        for (std::int64_t i = 0; i < size; ++i) REQUIRE(seen[static_cast<std::size_t>(i)] == i);
      }
      if (law == Order::cycled) REQUIRE(epochs.size() == 1);
      if (law == Order::reshuffled && size >= 7) REQUIRE(epochs.size() == 8);
    }
}

TEST_CASE("an order is a function of its position, whatever was asked before", "[train][order]") {
  for (const Order law : {Order::cycled, Order::reshuffled}) {
    DataOrder straight(law, 11, 5), jumping(law, 11, 5), other(law, 11, 6);
    std::vector<std::int64_t> sequence, others;
    for (std::int64_t i = 0; i < 100; ++i) sequence.push_back(straight(i)), others.push_back(other(i));
    for (const std::size_t i : {99u, 0u, 50u, 11u, 10u, 98u, 22u, 21u})
      REQUIRE(jumping(static_cast<std::int64_t>(i)) == sequence[i]);
    REQUIRE(others != sequence);
  }
  // Both begin alike: reshuffling is the one change.
  DataOrder cycled(Order::cycled, 11, 5), reshuffled(Order::reshuffled, 11, 5);
  REQUIRE(epoch_of(cycled, 11, 0) == epoch_of(reshuffled, 11, 0));
}

TEST_CASE("a reshuffled order puts each image everywhere equally often", "[train][order][law]") {
  constexpr std::int64_t size = 5, epochs = 4000;
  DataOrder order(Order::reshuffled, size, 9);
  std::vector<int> first(size);
  for (std::int64_t e = 0; e < epochs; ++e) ++first[static_cast<std::size_t>(order(e * size))];
  for (const int n : first)
    REQUIRE(std::abs(n - static_cast<double>(epochs) / size) < 5 * std::sqrt(epochs * 0.2 * 0.8));
}
