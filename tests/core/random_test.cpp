// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/random.hpp>

using namespace diffmem;

TEST_CASE("Philox gives Random123's known answers", "[core][random]") {
  REQUIRE(philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  REQUIRE(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  REQUIRE(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("normals have the moments of N(0,1), and a prefix does not depend on the length", "[core][random]") {
  std::vector<double> many(200'000), few(7);
  RandomStream(3, Stream::train_noise, 5, 2).fill_normal(std::span(many));
  RandomStream(3, Stream::train_noise, 5, 2).fill_normal(std::span(few));
  REQUIRE(std::equal(few.begin(), few.end(), many.begin()));
  double mean = 0, square = 0, fourth = 0;
  for (const double x : many) mean += x, square += x * x, fourth += x * x * x * x;
  const double n = static_cast<double>(many.size());
  REQUIRE(std::abs(mean / n) < 4 / std::sqrt(n));
  REQUIRE(std::abs(square / n - 1) < 4 * std::sqrt(2 / n));
  REQUIRE(std::abs(fourth / n - 3) < 4 * std::sqrt(96 / n));
}

TEST_CASE("streams, indices, subs and seeds are different sequences", "[core][random]") {
  const auto first = [](RandomStream s) { return s.bits(); };
  const auto base = first({1, Stream::order, 0, 0});
  REQUIRE(base != first({2, Stream::order, 0, 0}));
  REQUIRE(base != first({1, Stream::subset, 0, 0}));
  REQUIRE(base != first({1, Stream::order, 1, 0}));
  REQUIRE(base != first({1, Stream::order, std::uint64_t{1} << 32, 0}));
  REQUIRE(base != first({1, Stream::order, 0, 1}));
}

TEST_CASE("below(n) is uniform and a permutation holds each number once", "[core][random]") {
  RandomStream random(9, Stream::subset);
  std::array<int, 7> count{};
  for (int i = 0; i < 70'000; ++i) ++count[random.below(7)];
  for (const int c : count) REQUIRE(std::abs(c - 10'000) < 4 * std::sqrt(10'000 * 6.0 / 7));
  auto order = random.permutation(1000);
  REQUIRE_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int i = 0; i < 1000; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
}
