// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/authenticity.hpp>

using namespace diffmem;
using brute::Bytes, brute::noise;

TEST_CASE("authenticity by hand and by sorting", "[measure][oracle]") {
  // 0's neighbour is 10 away, 100's is 90: 10 levels from 0 are not more than 10, 11 are; 189 is 89 from 100.
  const Authenticity hand = authenticity(Bytes{0, 10, 40, 189, 191}, Bytes{0, 10, 100}, 1);
  REQUIRE(hand.flags == std::vector<std::uint8_t>{0, 0, 1, 0, 1});
  REQUIRE(hand.images == 5);
  REQUIRE(hand.authentic == 2);
  REQUIRE(hand.share == 0.4);
  REQUIRE(hand.interval.low == wilson(2, 5).low);
  REQUIRE(hand.interval.high == wilson(2, 5).high);

  for (const std::uint64_t levels : {2, 256}) {
    constexpr std::size_t size = 7;
    const Bytes q = noise(61 * size, 1, levels), t = noise(43 * size, 2, levels);
    const Neighbours to = brute::by_sorting(q, t, size, 1), among = brute::by_sorting(t, t, size, 1, true);
    const Authenticity found = authenticity(q, t, size, 2);
    for (std::size_t i = 0; i < 61; ++i)
      REQUIRE((found.flags[i] == 1) == (to.squared[i] > among.squared[static_cast<std::size_t>(to.index[i])]));
    REQUIRE(found.authentic > 0);
    REQUIRE(found.authentic < 61);
  }
}

TEST_CASE("no copy is authentic, duplicated or not", "[measure][law]") {
  const Bytes t = noise(30 * 5, 1, 256);
  REQUIRE(authenticity(t, t, 5).authentic == 0);
  const Bytes twice = brute::joined(t, t);
  REQUIRE(authenticity(t, twice, 5).authentic == 0);
  REQUIRE(authenticity(Bytes(5, 9), Bytes(10, 9), 5).authentic == 0);
}

TEST_CASE("authenticity refuses what it cannot measure", "[measure][bad]") {
  const Bytes three(3), six(6);
  REQUIRE(says(complaint([&] { authenticity({}, six, 3); }), "authenticity", {"no generated image"}));
  REQUIRE(says(complaint([&] { authenticity(six, three, 3); }), "nearest_others", {"k = 1", "the 0 other images"}));
  REQUIRE(says(complaint([&] { authenticity(six, {}, 3); }), "nearest", {"the 0 training images"}));
  REQUIRE(says(complaint([&] { authenticity(three, six, 2); }), "nearest", {"3 query"}));
}
