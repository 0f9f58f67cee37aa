// SPDX-License-Identifier: MIT
#include "../../studies/common/basic.hpp"
#include "check.hpp"

#include <diffmem/core/params.hpp>
#include <diffmem/net/unet.hpp>
#include <diffmem/study/axis.hpp>

#include <array>

using namespace diffmem;

namespace {

/// The network of `setup` at this point of the resolution axis.
UNetConfig at_side(Setup setup, int side) {
  for (const auto& [path, text] : axis::resolution.point(setup, side).sets) set_param(setup, path, text);
  REQUIRE(setup.data.resolution == side);
  setup.net.resolution = side;
  return setup.net;
}

std::int64_t parameters(const UNetConfig& net) { return UNet(net, SkipMask::all(), at::kMeta).parameter_count(); }

}  // namespace

TEST_CASE("attention stays at its level of the network whatever the side", "[study][axis]") {
  struct Case {
    Setup (*setup)(Profile);
    std::array<int, 3> sides;
    std::int64_t parameters;  // of the paper's, counted from the reference's own classes
  };
  for (const auto& [setup, sides, published] :
       {Case{basic, {32, 16, 8}, 35'125'251}, Case{ffhq, {64, 32, 16}, 39'390'339}})
    for (const Profile profile : {Profile::paper, Profile::gpu}) {
      const Setup held = setup(profile);
      const std::int64_t count = parameters(at_side(held, sides[0]));
      if (profile == Profile::paper) REQUIRE(count == published);
      for (std::size_t i = 0; i < 3; ++i) {
        const UNetConfig net = at_side(held, sides[i]);
        REQUIRE(net.attention == std::vector<int>{16 >> i});
        REQUIRE(parameters(net) == count);
      }
    }
}

TEST_CASE("attention of any kind is scaled, and none stays none", "[study][axis]") {
  Setup setup = basic(Profile::paper);
  setup.net.attention = {32, 8};
  REQUIRE(at_side(setup, 16).attention == std::vector<int>{16, 4});
  setup.data.resolution = 64;
  REQUIRE(at_side(setup, 16).attention == std::vector<int>{8, 2});
  REQUIRE(at_side(basic(Profile::desktop), 16).attention.empty());
}
