// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/safetensors.hpp>
#include <diffmem/data/pixels.hpp>

#include <filesystem>
#include <limits>

using namespace diffmem;

TEST_CASE("grey levels and network values map as in the reference", "[data][oracle]") {
  const auto fixture =
      read_safetensors(std::filesystem::path(__FILE__).parent_path() / "../fixtures/memorization_metric.safetensors");
  const auto in = values_of<double>(fixture.at("quant.in"));
  const auto out = values_of<std::uint8_t>(fixture.at("quant.out"));
  for (std::size_t i = 0; i < in.size(); ++i) REQUIRE(quantise(in[i]) == out[i]);
  const auto level = values_of<std::uint8_t>(fixture.at("norm.in"));
  const auto value = values_of<float>(fixture.at("norm.out32"));
  for (std::size_t i = 0; i < level.size(); ++i) REQUIRE(dequantise(level[i]) == value[i]);
}

TEST_CASE("quantise undoes dequantise and clips everything else", "[data][law]") {
  for (int level = 0; level < 256; ++level) REQUIRE(quantise(dequantise(static_cast<std::uint8_t>(level))) == level);
  using Limits = std::numeric_limits<double>;
  REQUIRE(quantise(-Limits::infinity()) == 0);
  REQUIRE(quantise(-1.5) == 0);
  REQUIRE(quantise(1e30) == 255);
  REQUIRE(quantise(Limits::infinity()) == 255);
  REQUIRE(quantise(Limits::quiet_NaN()) == 0);
}
