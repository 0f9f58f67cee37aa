// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/net/family.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace diffmem;

namespace {

/// A net with a leaf of every kind.
UNetConfig every_kind(int base) {
  UNetConfig config{.resolution = 16,
                    .label_dim = 12,
                    .augment_dim = 9,
                    .base = base,
                    .mult = {1, 2},
                    .blocks = 1,
                    .attention = {16}};
  NcsnPp{}.configure(config);
  return config;
}

bool is_norm(const std::string& name) { return name.find("norm") != name.npos; }

}  // namespace

TEST_CASE("initial values follow their laws", "[net]") {
  UNet net(every_kind(32));
  net.initialise(5);
  for (const auto& [name, leaf] : net.parameters()) {
    INFO(name);
    if (name.ends_with("bias")) {
      REQUIRE(leaf.eq(0.0).all().item().toBool());
      continue;
    }
    if (is_norm(name)) {
      REQUIRE(leaf.eq(1.0).all().item().toBool());
      continue;
    }
    const bool tiny =
        name.ends_with("conv1.weight") || name.ends_with("proj.weight") || name.ends_with("aux_conv.weight");
    const double gain = tiny ? 1e-5 : name.ends_with("qkv.weight") ? std::sqrt(0.2) : 1;
    const auto taps = static_cast<double>(leaf[0][0].numel()), n = static_cast<double>(leaf.numel());
    const double bound = gain * std::sqrt(6 / (taps * static_cast<double>(leaf.size(0) + leaf.size(1))));
    const Tensor unit = leaf.to(kFloat64) / bound;  // uniform on [-1, 1)
    const double most = unit.abs().max().item().toDouble();
    REQUIRE(most <= 1 + 1e-6);
    REQUIRE(most > 1 - 12 / n);
    REQUIRE(std::abs(unit.mean().item().toDouble()) < 4.5 / std::sqrt(3 * n));
    REQUIRE(std::abs(unit.square().mean().item().toDouble() - 1.0 / 3) < 4.5 * std::sqrt(4.0 / 45 / n));
  }
  UNet again(every_kind(32)), other(every_kind(32));
  again.initialise(5);
  other.initialise(6);
  REQUIRE(again.parameters()[0].second.equal(net.parameters()[0].second));
  REQUIRE_FALSE(other.parameters()[0].second.equal(net.parameters()[0].second));
}

TEST_CASE("another source of numbers is asked in the reference's order", "[net]") {
  UNet net(every_kind(8), SkipMask::all(), at::kCPU, kFloat64);
  std::vector<std::string> drawn, expected;
  net.initialise([&](std::size_t leaf, std::size_t count) {
    const auto& [name, value] = net.parameters()[leaf];
    drawn.push_back(name);
    REQUIRE(count == static_cast<std::size_t>(value.numel()));
    return std::vector<double>(count, 0.75);
  });
  for (const auto& [name, leaf] : net.parameters())
    if (!is_norm(name)) expected.push_back(name);
  REQUIRE(drawn == expected);  // biases draw, norms do not
  const std::vector<std::string> first = {"map_label.weight", "map_label.bias", "map_augment.weight",
                                          "map_layer0.weight"};
  REQUIRE(std::equal(first.begin(), first.end(), drawn.begin()));
  const Tensor& label = net.parameters()[0].second;  // [16,12]
  REQUIRE(std::abs(label.max().item().toDouble() - 0.5 * std::sqrt(6.0 / 28)) < 1e-7);
  REQUIRE(label.max().equal(label.min()));
}
