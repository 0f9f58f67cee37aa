// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/prdc.hpp>

using namespace diffmem;
using brute::Bytes, brute::noise;

namespace {

/// By the definitions, from all distances.
Prdc by_definition(const Bytes& generated, const Bytes& real, std::size_t size, std::size_t k) {
  const std::size_t n = generated.size() / size, m = real.size() / size;
  const Neighbours of_real = brute::by_sorting(real, real, size, k, true),
                   of_generated = brute::by_sorting(generated, generated, size, k, true);
  Prdc p;
  for (std::size_t j = 0; j < n; ++j) {
    int balls = 0;
    for (std::size_t i = 0; i < m; ++i)
      balls += brute::squared_distance(generated, j, real, i, size) <= of_real.squared[i * k + k - 1];
    p.precision += balls > 0;
    p.density += balls;
  }
  for (std::size_t i = 0; i < m; ++i) {
    bool reached = false, held = false;
    for (std::size_t j = 0; j < n; ++j) {
      const std::int64_t d = brute::squared_distance(generated, j, real, i, size);
      reached = reached || d <= of_generated.squared[j * k + k - 1];
      held = held || d <= of_real.squared[i * k + k - 1];
    }
    p.recall += reached;
    p.coverage += held;
  }
  const double generated_images = static_cast<double>(n), real_images = static_cast<double>(m);
  return {p.precision / generated_images, p.recall / real_images,
          p.density / (static_cast<double>(k) * generated_images), p.coverage / real_images};
}

void require_same(const Prdc& a, const Prdc& b) {
  REQUIRE(std::abs(a.precision - b.precision) < 1e-12);
  REQUIRE(std::abs(a.recall - b.recall) < 1e-12);
  REQUIRE(std::abs(a.density - b.density) < 1e-12);
  REQUIRE(std::abs(a.coverage - b.coverage) < 1e-12);
}

}  // namespace

TEST_CASE("precision, recall, density and coverage by hand", "[measure][oracle]") {
  // Real 0, 10, 30 with k = 1: balls of radius 10, 10, 20.  Generated 5, 21, 200: radius 16, 16, 179.
  const Prdc p = prdc(Bytes{5, 21, 200}, Bytes{0, 10, 30}, 1, 1);
  REQUIRE(std::abs(p.precision - 2.0 / 3) < 1e-12);  // 5 and 21
  REQUIRE(std::abs(p.density - 3.0 / 3) < 1e-12);    // 5 in two balls, 21 in one
  REQUIRE(p.coverage == 1);
  REQUIRE(p.recall == 1);
  REQUIRE(std::abs(prdc(Bytes{5, 21, 22}, Bytes{0, 10, 38}, 1, 1).recall - 2.0 / 3) < 1e-12);  // not 38
  REQUIRE(prdc(Bytes{200, 201}, Bytes{0, 10, 30}, 1, 1).recall == 0);
}

TEST_CASE("precision to coverage equal their definitions on all distances, with ties too", "[measure][oracle]") {
  struct Case {
    std::size_t generated, real, size, k;
    std::uint64_t levels;
  };
  for (const auto& [generated, real, size, k, levels] :
       {Case{2, 2, 1, 1, 256}, Case{37, 53, 3, 5, 2}, Case{61, 40, 5, 1, 256}, Case{6, 70, 2, 5, 256},
        Case{90, 33, 4, 32, 3}}) {
    const Bytes g = noise(generated * size, 1, levels), r = noise(real * size, 2, levels);
    const Prdc expected = by_definition(g, r, size, k);
    for (const int threads : {1, 3})
      require_same(prdc(g, r, static_cast<std::int64_t>(size), static_cast<std::int64_t>(k), threads), expected);
  }
}

TEST_CASE("a set covers itself, and draws of one law nearly do", "[measure][law]") {
  const Bytes a = brute::clusters(400, 12, 1), b = brute::clusters(400, 12, 2);
  const Prdc self = prdc(a, a, 12);
  REQUIRE(self.precision == 1);
  REQUIRE(self.recall == 1);
  REQUIRE(self.coverage == 1);
  require_same(prdc(Bytes(40, 3), Bytes(60, 3), 2), {1, 1, 30.0 / 5, 1});  // all equal: all 30 balls of radius 0
  const Prdc same = prdc(a, b, 12), swapped = prdc(b, a, 12);
  REQUIRE(same.precision == swapped.recall);
  REQUIRE(same.recall == swapped.precision);
  REQUIRE(std::abs(same.density - 1) < 0.15);
  REQUIRE(std::abs(same.coverage - (1 - std::pow(0.5, 5))) < 0.04);  // Naeem et al. 2020, Lemma 2, for n = m
}

TEST_CASE("prdc refuses what it cannot measure", "[measure][bad]") {
  const Bytes g(15), r(18);
  REQUIRE(says(complaint([&] { prdc(g, r, 3); }), "prdc", {"k = 5 with 5 generated and 6 real images"}));
  REQUIRE(says(complaint([&] { prdc(r, g, 3); }), "prdc", {"6 generated and 5 real"}));
  REQUIRE(says(complaint([&] { prdc(g, r, 3, 0); }), "prdc", {"k = 0"}));
  REQUIRE(says(complaint([&] { prdc({}, r, 3, 1); }), "prdc", {"0 generated"}));
  REQUIRE(says(complaint([&] { prdc(g, {}, 3, 1); }), "prdc", {"0 real"}));
  REQUIRE(says(complaint([&] { prdc(g, r, 5, 1); }), "prdc", {"15 query and 18 training values"}));
}
