// SPDX-License-Identifier: MIT
#include "net/laws.hpp"
#include "train/laws.hpp"

#include <diffmem/net/mine.hpp>

using namespace diffmem;

TEST_CASE("family mine: the laws of a family", "[net][law]") {
  laws::lists_its_parameters<Mine>();
  laws::sets_its_fields_and_no_others(Mine{});
}

TEST_CASE("family mine: trains and samples", "[net][train]") {
  const with<tiny::Base, Mine> design;
  laws::trains_and_samples(design);
}

// TODO: the laws of your network in place of this one's.
TEST_CASE("family mine: its numbers reach the network", "[net]") {
  UNetConfig config;
  Mine{.noise_mult = 3, .filter = {1, 3, 3, 1}, .encoder = Encoder::residual}.configure(config);
  REQUIRE(config.filter == std::vector<int>{1, 3, 3, 1});
  REQUIRE(config.encoder == Encoder::residual);
  REQUIRE(UNet(config, SkipMask::all(), at::kMeta).noise_channels() == 3 * config.base);
}
