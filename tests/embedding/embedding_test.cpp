// SPDX-License-Identifier: MIT
#include "embedding/laws.hpp"

#include <diffmem/embedding/fourier.hpp>
#include <diffmem/embedding/positional.hpp>

#include <cmath>
#include <tuple>

using namespace diffmem;

namespace {

using Embeddings = std::tuple<Positional, Fourier>;

double largest(const Tensor& t) { return t.abs().max().item().toDouble(); }

}  // namespace

TEMPLATE_LIST_TEST_CASE("an embedding is [sin, cos] of noise level times frequency", "[embedding][law]", Embeddings) {
  laws::lists_its_parameters<TestType>();
  laws::is_sin_and_cos(TestType{});
}

TEST_CASE("positional frequencies fall from 1 to 1e-4, evenly in the logarithm", "[embedding]") {
  for (const int channels : {4, 16, 130}) {
    const Tensor f = Positional{}.frequencies(channels, 0).to(kFloat64);
    const Tensor steps = f.log().diff();
    REQUIRE(std::abs(f[0].item().toDouble() - 1) < 1e-7);
    REQUIRE(std::abs(f[-1].item().toDouble() / 1e-4 - 1) < 1e-6);
    REQUIRE(largest(steps - steps.mean()) < 1e-5);
    REQUIRE(Positional{}.frequencies(channels, 1).equal(Positional{}.frequencies(channels, 2)));
  }
  // With the end point off the next frequency would be the lowest.
  const Tensor open = Positional{.endpoint = false}.frequencies(8, 0);
  REQUIRE(std::abs(open[-1].item().toDouble() - std::pow(1e-4, 0.75)) < 1e-8);
}

TEST_CASE("Fourier frequencies are normal with the given scale, from the seed alone", "[embedding]") {
  const int n = 20'000;
  for (const double scale : {16.0, 0.5}) {
    const Tensor f = Fourier{.scale = scale}.frequencies(2 * n, 7).to(kFloat64) / scale;
    REQUIRE(std::abs(f.mean().item().toDouble()) < 4 / std::sqrt(n));
    REQUIRE(std::abs(f.square().mean().item().toDouble() - 1) < 4 * std::sqrt(2.0 / n));
    REQUIRE(std::abs(f.square().square().mean().item().toDouble() - 3) < 4 * std::sqrt(96.0 / n));
  }
  const Tensor f = Fourier{}.frequencies(64, 7);
  REQUIRE(f.equal(Fourier{}.frequencies(64, 7)));
  REQUIRE_FALSE(f.equal(Fourier{}.frequencies(64, 8)));
  REQUIRE(f.narrow(0, 0, 8).equal(Fourier{}.frequencies(16, 7)));
}
