// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "net/both.hpp"
#include "net/laws.hpp"

#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/fourier.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/skip/runtime.hpp>
#include <diffmem/train/model.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

using namespace diffmem;

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

// Counted from the reference's own classes.  On kMeta nothing is allocated.
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
      {{.augment_dim = 9, .blocks = 4}, 55'733'891},
      {{.channels = 1}, 35'118'337},
      {{.resolution = 16, .channels = 1, .base = 32, .mult = {1, 2}, .blocks = 1}, 723'777},
      {{.base = 64, .mult = {1, 2, 2}}, 6'989'891}};
  for (const auto& [net, parameters] : cases) {
    INFO("base " << net.base << ", blocks " << net.blocks << ", labels " << net.label_dim << ", resolution "
                 << net.resolution);
    REQUIRE(UNet(net, SkipMask::all(), at::kMeta).parameter_count() == parameters);
  }
}

TEST_CASE("parameter counts of families and embeddings are the reference's", "[net][unet]") {
  const auto count = []<class E, class F>(E, F, const UNetConfig& net) {
    using D = Design<VeSchedule, E, F, AllSkips, Unconditional, Heun>;
    return Model<D>(D{}, net, 0, at::kMeta).net().parameter_count();
  };
  REQUIRE(count(Positional{}, DdpmPp{}, cifar(128, 2)) == 35'125'251);
  REQUIRE(count(Fourier{}, DdpmPp{}, cifar(128, 2)) == 35'125'251);
  REQUIRE(count(Fourier{}, DdpmPp{}, cifar(128, 4)) == 55'732'739);
  REQUIRE(count(Fourier{}, NcsnPp{}, cifar(128, 2)) == 35'788'035);
  REQUIRE(count(Positional{}, NcsnPp{}, cifar(128, 2)) == 35'788'035);
  REQUIRE(count(Fourier{}, NcsnPp{}, cifar(128, 4)) == 56'395'523);
}

TEMPLATE_TEST_CASE("a family sets its fields and no others", "[net][law]", DdpmPp, NcsnPp) {
  laws::lists_its_parameters<TestType>();
  laws::sets_its_fields_and_no_others(TestType{});
}

TEST_CASE("a forward pass costs the operations it is made of", "[net][unet]") {
  const UNet net({.resolution = 16, .channels = 1, .base = 32, .mult = {1, 2}, .blocks = 1}, SkipMask::all(),
                 at::kMeta);
  REQUIRE(std::abs(net.forward_flops() / 0.166e9 - 1) < 0.02);
}

TEST_CASE("a setting out of range is named", "[net][unet]") {
  const auto refuses = [](auto&& change, const std::string& field) {
    UNetConfig net;
    change(net);
    INFO(field);
    REQUIRE(complaint([&] { UNet(net, SkipMask::all(), at::kMeta); }).starts_with("network: got " + field));
  };
  refuses([](UNetConfig& c) { c.resolution = 30; }, "resolution = 30");
  refuses([](UNetConfig& c) { c.resolution = 0; }, "resolution = 0");
  refuses([](UNetConfig& c) { c.channels = 0; }, "channels = 0");
  refuses([](UNetConfig& c) { c.label_dim = -1; }, "label_dim = -1");
  refuses([](UNetConfig& c) { c.base = 2; }, "base = 2");
  refuses([](UNetConfig& c) { c.base = 9; }, "base = 9");
  refuses([](UNetConfig& c) { c.augment_dim = -1; }, "augment_dim = -1");
  refuses([](UNetConfig& c) { c.noise_mult = 0; }, "noise_mult = 0");
  refuses([](UNetConfig& c) { c.filter = {1, 2, 1}; }, "filter = [1, 2, 1]");
  refuses([](UNetConfig& c) { c.filter = {1, -1}; }, "filter = [1, -1]");
  refuses([](UNetConfig& c) { c.filter = {}; }, "filter = []");
  // A width that does not split into its groups, also where only a decoder's input has it (72 + 72).
  refuses([](UNetConfig& c) { c.base = 132; }, "enc.32x32_block0.norm0 of 132 channels");
  refuses([](UNetConfig& c) { c.base = 36; }, "dec.8x8_block0.norm0 of 144 channels");
  refuses([](UNetConfig& c) { c.mult.clear(); }, "mult = ");
  refuses([](UNetConfig& c) { c.mult = {1, 0}; }, "mult = ");
  refuses([](UNetConfig& c) { c.blocks = 0; }, "blocks = 0");
  refuses([](UNetConfig& c) { c.dropout = 1; }, "dropout = 1");
  refuses([](UNetConfig& c) { c.dropout = -0.1; }, "dropout = -0.1");
}

TEST_CASE("a skip mask has one digit per encoder output, for any number of levels and blocks", "[net][unet]") {
  for (int levels = 1; levels <= 6; ++levels)
    for (const int blocks : {1, 2, 5}) {
      const UNetConfig net{.base = 8, .mult = std::vector<int>(static_cast<std::size_t>(levels), 1), .blocks = blocks};
      const auto digits = static_cast<std::size_t>(levels * (blocks + 1));
      const auto build = [&](std::size_t n) { UNet(net, RuntimeSkips{.text = std::string(n, '0')}.mask(), at::kMeta); };
      REQUIRE_NOTHROW(build(digits));
      for (const std::size_t wrong : {digits - 1, digits + 1})
        REQUIRE(says(complaint([&] { build(wrong); }), "network",
                     {fmt::format("a skip mask of {} digits", wrong),
                      fmt::format("{} digits: {} levels of {} blocks + 1", digits, levels, blocks)}));
    }
  REQUIRE_NOTHROW(UNet({.base = 8, .mult = {1, 2}, .blocks = 1}, Skips<"10 01">{}.mask(), at::kMeta));
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

namespace {

/// Parameters of a residual block without attention, counted by hand.
std::int64_t block_parameters(std::int64_t in, std::int64_t out, std::int64_t embedding) {
  const std::int64_t norms = 2 * in + 2 * out, convolutions = 9 * in * out + out + 9 * out * out + out;
  return norms + convolutions + embedding * out + out + (in != out ? in * out + out : 0);
}

}  // namespace

TEST_CASE("dropped skips make the decoder's blocks narrower", "[net][unet]") {
  const UNetConfig config{.resolution = 8, .channels = 1, .base = 8, .mult = {1, 2}, .blocks = 1, .attention = {}};
  struct Place {
    std::int64_t decoder, skip, out;
  };
  // Per encoder output: widths of what it joins, of itself, and of the block that takes both.
  const std::vector<Place> places = {{8, 8, 8}, {16, 8, 8}, {16, 8, 16}, {16, 16, 16}};
  const UNet whole(config, SkipMask::all(), at::kMeta);
  const at::NoGradGuard no_grad;
  const Tensor x = arange(64).reshape({1, 1, 8, 8}) / 32.0 - 1.0, noise = full({1, 8}, 0.3);
  for (unsigned bits = 0; bits < 16; ++bits) {
    std::vector<bool> on;
    std::int64_t expected = whole.parameter_count();
    for (unsigned i = 0; i < 4; ++i) {
      on.push_back(bits >> i & 1);
      const auto [decoder, skip, out] = places[i];
      if (!on.back()) expected += block_parameters(decoder, out, 32) - block_parameters(decoder + skip, out, 32);
    }
    UNet net(config, SkipMask(on).dropping());
    REQUIRE(net.parameter_count() == expected);
    REQUIRE((net.forward_flops() < whole.forward_flops()) == (bits < 15));
    net.initialise(7);
    const Tensor y = net(x, noise);
    REQUIRE(y.isfinite().all().item().toBool());
    if (bits < 15) continue;
    UNet plain(config);
    plain.copy_from(net);
    REQUIRE(plain(x, noise).equal(y));
  }

  // The paper's net without its 8x8 skips: three blocks of 512 -> 256 become 256 -> 256 and lose their 1x1 convolution.
  const SkipMask mask = Skips<"111 111 000">{}.mask();
  REQUIRE(UNet({}, mask, at::kMeta).parameter_count() == 35'125'251);
  REQUIRE(UNet({}, mask.dropping(), at::kMeta).parameter_count() == 35'125'251 - 3 * 721'664);
}

TEST_CASE("a residual encoder adds the image's own way down to each level's first output", "[net][unet]") {
  UNetConfig config{.resolution = 16, .channels = 2, .base = 8, .mult = {1, 2, 1}, .blocks = 1, .attention = {}};
  NcsnPp{}.configure(config);
  UNet net(config, Skips<"11 01 11">{}.mask());
  net.initialise(1);
  std::map<std::string, Tensor> leaves, seen;
  for (const auto& [name, leaf] : net.parameters()) leaves[name] = leaf;
  const at::NoGradGuard no_grad;
  const Tensor x = arange(2 * 2 * 256).reshape({2, 2, 16, 16}).sin();
  net(x, full({2, 16}, 0.3), {}, nullptr, [&](std::string_view name, const Tensor& t) { seen[std::string(name)] = t; });

  // A 3x3 convolution over a border of 2, then every second place of the mean by [1,3,3,1]/8 both ways; tap by tap.
  const auto way_down = [&](const Tensor& in, const std::string& name) {
    const Tensor& weight = leaves.at(name + ".weight");
    const auto w = values_of<double>(weight), v = values_of<double>(in);
    const std::int64_t batch = in.size(0), c = in.size(1), side = in.size(2), out = weight.size(0);
    const auto at = [&](std::int64_t b, std::int64_t k, std::int64_t y, std::int64_t z) {
      const bool inside = y >= 0 && z >= 0 && y < side && z < side;
      return inside ? v[static_cast<std::size_t>(((b * c + k) * side + y) * side + z)] : 0.0;
    };
    std::vector<double> result;
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::int64_t o = 0; o < out; ++o)
        for (std::int64_t y = 0; y < side; y += 2)
          for (std::int64_t z = 0; z < side; z += 2) {
            double sum = 0;
            for (int i = 0; i < 4; ++i)
              for (int j = 0; j < 4; ++j)
                for (std::int64_t k = 0; k < c; ++k)
                  for (int p = 0; p < 3; ++p)
                    for (int q = 0; q < 3; ++q)
                      sum += (i % 3 ? 3 : 1) * (j % 3 ? 3 : 1) / 64.0 *
                             w[static_cast<std::size_t>(((o * c + k) * 3 + p) * 3 + q)] *
                             at(b, k, y + i - 1 + p - 1, z + j - 1 + q - 1);
            result.push_back(sum);
          }
    return tensor_of(std::span<const double>(result), {batch, out, side / 2, side / 2});
  };
  const auto near = [](const Tensor& a, const Tensor& b) {
    return (a.to(kFloat64) - b).abs().max().item().toDouble() < 1e-5;
  };
  const Tensor way8 = way_down(x, "enc.8x8_aux_residual");
  REQUIRE(near(seen["enc.8x8_aux_residual"], way8));
  // The next level goes on from the sum, not from the blocks' output, and whether or not its skip is on.
  const Tensor sum8 = (seen["enc.8x8_down"].to(kFloat64) + way8) / std::sqrt(2.0);
  REQUIRE(near(seen["enc.4x4_aux_residual"], way_down(sum8, "enc.4x4_aux_residual")));
}

TEST_CASE("networks of unusual shape work", "[net][unet]") {
  const at::NoGradGuard no_grad;
  const auto works = [&](const UNetConfig& config) {
    UNet net(config);
    net.initialise(3);
    const Shape shape = {2, config.channels, config.resolution, config.resolution};
    const Tensor x = arange(2 * config.channels * config.resolution * config.resolution).reshape(shape).sin();
    const Tensor labels = config.label_dim > 0 ? full({2}, 1).to(kInt64) : Tensor();
    const Tensor y = net(x, full({2, net.noise_channels()}, 0.3), labels);
    REQUIRE(y.sizes() == x.sizes());
    REQUIRE(y.isfinite().all().item().toBool());
    REQUIRE(y.abs().max().item().toDouble() > 0);
  };
  works({.resolution = 16, .base = 20, .mult = {2, 1, 2, 1, 2}, .blocks = 3, .attention = {16, 4, 1}});
  works({.resolution = 6, .base = 10, .mult = {1, 1}, .blocks = 1, .attention = {3}});
  works({.resolution = 12,
         .channels = 4,
         .base = 12,
         .mult = {1, 3},
         .blocks = 1,
         .attention = {6},
         .filter = {1, 5, 10, 10, 5, 1}});
  works({.resolution = 7,
         .channels = 1,
         .label_dim = 2,
         .augment_dim = 9,
         .base = 8,
         .mult = {2},
         .blocks = 2,
         .attention = {7}});
  works({.resolution = 8,
         .base = 16,
         .mult = {1, 2, 1},
         .blocks = 1,
         .attention = {},
         .noise_mult = 3,
         .encoder = Encoder::residual});
}

TEST_CASE("one noise level for all images is computed once and means the same", "[net][unet]") {
  const UNetConfig config{
      .resolution = 8, .channels = 1, .label_dim = 3, .base = 16, .mult = {1, 2}, .blocks = 1, .attention = {8}};
  const Design<VeSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun> design;
  const at::NoGradGuard no_grad;
  for (const auto precision : {Precision::plain, Precision::fp32}) {
    Model model(design, config, 3);
    model.net().initialise(4);
    model.net().set_precision(precision);
    for (const auto& [name, leaf] : model.net().parameters()) leaf.add_(normal(leaf.sizes(), 5, kFloat32) * 0.1);
    const Tensor x = normal({4, 1, 8, 8}, 1);
    for (const Tensor& labels : {Tensor(), arange(4, kInt64).remainder(3)}) {
      const Tensor each = model(x, full({4}, 0.7, kFloat64), labels),
                   once = model(x, full({1}, 0.7, kFloat64).expand({4}), labels);
      REQUIRE(once.sizes() == x.sizes());
      REQUIRE(once.allclose(each, 1e-5, 1e-5));
      REQUIRE_FALSE(once.allclose(model(x, full({4}, 0.8, kFloat64), labels), 1e-5, 1e-5));
    }
  }
}
