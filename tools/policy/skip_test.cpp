// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "skip/laws.hpp"
#include "train/laws.hpp"

#include <diffmem/skip/mine.hpp>

using namespace diffmem;

TEST_CASE("skip mine: the laws of a skip policy", "[skip][law]") {
  laws::lists_its_parameters<MineSkips>();
  laws::fits_its_network(MineSkips{});
  laws::fits_its_network(MineSkips{.switches = 6, .off = 2});
}

TEST_CASE("skip mine: trains and samples", "[skip][train]") {
  with<tiny::Base, MineSkips> design;
  laws::trains_and_samples(design);
  design.skip = {.switches = tiny::net().skips(), .off = 1};
  laws::trains_and_samples(design);
}

// TODO: the laws of your mask in place of this one's.
TEST_CASE("skip mine: the last skips are off", "[skip]") {
  const SkipMask mask = MineSkips{.switches = 5, .off = 2}.mask();
  REQUIRE(mask.size() == 5);
  REQUIRE_FALSE(mask.drops());
  for (std::size_t i = 0; i < 5; ++i) REQUIRE(mask[i] == (i < 3));
}

TEST_CASE("skip mine: numbers out of range are refused", "[skip]") {
  const std::vector<MineSkips> all = {{.off = 10}, {.off = -1}};
  for (const auto& bad : all) {
    const std::string text = complaint([&] { bad.mask(); });
    REQUIRE(says(text, "skip mine", {"9 switches", "0 <= off <= switches"}));
  }
}
