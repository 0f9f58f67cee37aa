// SPDX-License-Identifier: MIT
#include "embedding/laws.hpp"
#include "train/laws.hpp"

#include <diffmem/embedding/mine.hpp>

using namespace diffmem;

TEST_CASE("embedding mine: the laws of an embedding", "[embedding][law]") {
  laws::lists_its_parameters<Mine>();
  laws::is_sin_and_cos(Mine{});
}

TEST_CASE("embedding mine: trains and samples", "[embedding][train]") {
  const with<tiny::Base, Mine> design;
  laws::trains_and_samples(design);
}

// TODO: the laws of your frequencies in place of these ones'.
TEST_CASE("embedding mine: frequencies fall evenly in the logarithm", "[embedding]") {
  for (const int channels : {4, 16, 130}) {
    const Tensor f = Mine{.highest = 3, .lowest = 0.01}.frequencies(channels, 0).to(kFloat64);
    const Tensor steps = f.log().diff();
    REQUIRE(std::abs(f[0].item().toDouble() / 3 - 1) < 1e-6);
    REQUIRE(std::abs(f[-1].item().toDouble() / 0.01 - 1) < 1e-5);
    REQUIRE((steps - steps.mean()).abs().max().item().toDouble() < 1e-5);
  }
}
