// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/net/unet.hpp>

using namespace diffmem;
using Catch::Matchers::Contains;

namespace {

struct Case {
  UNetConfig net;
  std::int64_t parameters;
};

/// The paper's CIFAR-10 net with this width, number of blocks and labels.
UNetConfig cifar(int base, int blocks, int label_dim = 0) {
  return {.label_dim = label_dim, .base = base, .blocks = blocks};
}
UNetConfig ffhq(int resolution, int attention, int blocks = 2, int label_dim = 0) {
  return {.resolution = resolution,
          .label_dim = label_dim,
          .mult = {1, 2, 2, 2},
          .blocks = blocks,
          .attention = {attention}};
}

}  // namespace

// Counted from the reference's own classes.
TEST_CASE("parameter counts are the reference's", "[net][unet]") {
  const std::vector<Case> cases = {
      {cifar(64, 2), 8'797'187},
      {cifar(96, 2), 19'769'859},
      {cifar(128, 2), 35'125'251},
      {cifar(160, 2), 54'863'363},
      {cifar(192, 2), 78'984'195},
      {cifar(224, 2), 107'487'747},
      {cifar(256, 2), 140'374'019},
      {cifar(320, 2), 219'294'723},
      {cifar(64, 4), 13'956'355},
      {cifar(96, 4), 31'367'043},
      {cifar(128, 4), 55'732'739},
      {cifar(160, 4), 87'053'443},
      {cifar(192, 4), 125'329'155},
      {cifar(224, 4), 170'559'875},
      {cifar(256, 4), 222'745'603},
      {cifar(128, 6), 76'340'227},
      {cifar(128, 8), 96'947'715},
      {cifar(128, 10), 117'555'203},
      {cifar(128, 12), 138'162'691},
      {cifar(256, 6), 305'117'187},
      {cifar(256, 8), 387'488'771},
      {cifar(256, 10), 469'860'355},
      {cifar(128, 2, 1), 35'125'507},
      {cifar(128, 2, 10), 35'126'659},
      {cifar(128, 2, 50), 35'131'779},
      {cifar(128, 2, 100), 35'138'179},
      {cifar(128, 2, 200), 35'150'979},
      {cifar(128, 2, 400), 35'176'579},
      {cifar(128, 2, 500), 35'189'379},
      {cifar(128, 2, 1000), 35'253'379},
      {cifar(128, 2, 2000), 35'381'379},
      {cifar(128, 2, 3000), 35'509'379},
      {cifar(128, 2, 4000), 35'637'379},
      {cifar(128, 2, 5000), 35'765'379},
      {cifar(128, 2, 50'000), 41'525'379},
      {cifar(128, 4, 10), 55'734'147},
      {cifar(128, 4, 50'000), 62'132'867},
      {{.resolution = 16, .attention = {8}}, 35'125'251},
      {{.resolution = 8, .attention = {4}}, 35'125'251},
      {ffhq(64, 16), 39'390'339},
      {ffhq(32, 8), 39'390'339},
      {ffhq(16, 4), 39'390'339},
      {ffhq(64, 16, 4), 61'804'419},
      {ffhq(64, 16, 2, 1), 39'390'595},
      {ffhq(64, 16, 2, 10), 39'391'747},
      {ffhq(64, 16, 2, 50), 39'396'867},
      {ffhq(64, 16, 2, 100), 39'403'267},
      {ffhq(64, 16, 2, 200), 39'416'067},
      {ffhq(64, 16, 2, 400), 39'441'667},
      {ffhq(64, 16, 2, 2000), 39'646'467},
      {ffhq(64, 16, 2, 5000), 40'030'467},
      {{.channels = 1}, 35'118'337},
      {{.resolution = 16, .channels = 1, .base = 32, .mult = {1, 2}, .blocks = 1}, 723'777},
      {{.base = 64, .mult = {1, 2, 2}}, 6'989'891}};
  for (const auto& [net, parameters] : cases) {
    INFO("base " << net.base << ", blocks " << net.blocks << ", labels " << net.label_dim << ", resolution "
                 << net.resolution);
    REQUIRE(UNet(net, SkipMask::all(), at::kMeta).parameter_count() == parameters);  // kMeta allocates nothing
  }
}

TEST_CASE("a forward pass costs the operations it is made of", "[net][unet]") {
  const UNet net({.resolution = 16, .channels = 1, .base = 32, .mult = {1, 2}, .blocks = 1}, SkipMask::all(),
                 at::kMeta);
  REQUIRE(std::abs(net.forward_flops() / 0.166e9 - 1) < 0.02);
}

TEST_CASE("a setting out of range is named", "[net][unet]") {
  const auto refuses = [](auto&& change, const std::string& field) {
    UNetConfig net;
    net.validate();
    change(net);
    INFO(field);
    REQUIRE_THROWS_WITH(net.validate(), Contains("network: got " + field));
    REQUIRE_THROWS_AS(UNet(net, SkipMask::all(), at::kMeta), Error);
  };
  refuses([](UNetConfig& c) { c.resolution = 30; }, "resolution = 30");
  refuses([](UNetConfig& c) { c.resolution = 0; }, "resolution = 0");
  refuses([](UNetConfig& c) { c.channels = 0; }, "channels = 0");
  refuses([](UNetConfig& c) { c.label_dim = -1; }, "label_dim = -1");
  refuses([](UNetConfig& c) { c.base = 2; }, "base = 2");
  refuses([](UNetConfig& c) { c.base = 130; }, "base = 130");
  refuses([](UNetConfig& c) { c.base = 132; }, "base * mult = ");
  refuses([](UNetConfig& c) { c.mult.clear(); }, "mult = ");
  refuses([](UNetConfig& c) { c.mult = {1, 0}; }, "mult = ");
  refuses([](UNetConfig& c) { c.blocks = 0; }, "blocks = 0");
  refuses([](UNetConfig& c) { c.dropout = 1; }, "dropout = 1");
  refuses([](UNetConfig& c) { c.dropout = -0.1; }, "dropout = -0.1");
}

TEST_CASE("a skip mask has one digit per encoder output", "[net][unet]") {
  const UNetConfig net{.base = 8, .mult = {1, 2}, .blocks = 1};
  REQUIRE(net.skips() == 4);
  REQUIRE_NOTHROW(UNet(net, Skips<"10 01">{}.mask(), at::kMeta));
  REQUIRE_THROWS_WITH(UNet(net, Skips<"101">{}.mask(), at::kMeta),
                      Contains("a skip mask of 3 digits") && Contains("4 digits: 2 levels of 1 blocks + 1"));
}

TEST_CASE("a switched-off skip changes the output and no count; all on is no mask", "[net][unet]") {
  const UNetConfig config{.resolution = 8, .channels = 1, .base = 8, .mult = {1, 2}, .blocks = 1, .attention = {}};
  const at::NoGradGuard no_grad;
  const Tensor x = arange(64).reshape({1, 1, 8, 8}) / 32.0 - 1.0, noise = full({1, 8}, 0.3);
  const auto output = [&](const SkipMask& mask) {
    UNet net(config, mask);
    net.initialise(7);
    for (const auto& [name, leaf] : net.parameters())
      if (name.find("aux_conv.weight") != std::string::npos) leaf.fill_(0.1);  // it starts near 0
    return net(x, noise);
  };
  const Tensor all = output(SkipMask::all());
  REQUIRE(output(Skips<"11 11">{}.mask()).equal(all));
  REQUIRE_FALSE(output(Skips<"01 11">{}.mask()).equal(all));
  REQUIRE_FALSE(output(Skips<"11 10">{}.mask()).equal(all));
  REQUIRE(UNet(config, Skips<"00 00">{}.mask(), at::kMeta).parameter_count() ==
          UNet(config, SkipMask::all(), at::kMeta).parameter_count());
}
