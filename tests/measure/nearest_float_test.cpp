// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/nearest.hpp>

#include <algorithm>
#include <limits>

using namespace diffmem;

namespace {

using Floats = std::vector<float>;

/// middle + spread * (whole number below `levels`) / levels.
Floats noise(std::size_t size, std::uint64_t seed, std::uint64_t levels, float middle = 0, float spread = 1) {
  Floats values(size);
  RandomStream random(seed, Stream::subset);
  for (auto& v : values) v = middle + spread * (static_cast<float>(random.below(levels)) / static_cast<float>(levels));
  return values;
}

/// All distances by the definition, sorted.
FloatNeighbours by_sorting(const Floats& queries, const Floats& training, std::size_t size, std::size_t k,
                           bool others = false) {
  FloatNeighbours all;
  for (std::size_t q = 0; q < queries.size() / size; ++q) {
    std::vector<std::pair<double, std::int64_t>> list;
    for (std::size_t t = 0; t < training.size() / size; ++t) {
      if (others && t == q) continue;
      double sum = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const double d = double{queries[q * size + i]} - double{training[t * size + i]};
        sum += d * d;
      }
      list.emplace_back(sum, static_cast<std::int64_t>(t));
    }
    std::sort(list.begin(), list.end());
    for (std::size_t j = 0; j < k; ++j) {
      all.squared.push_back(list[j].first);
      all.index.push_back(list[j].second);
    }
  }
  return all;
}

void require_same(const FloatNeighbours& found, const FloatNeighbours& expected) {
  REQUIRE(found.index == expected.index);
  REQUIRE(found.squared == expected.squared);
}

}  // namespace

TEST_CASE("nearest of floats equals sorting all distances, where float32 cannot tell them apart too",
          "[measure][oracle]") {
  struct Case {
    std::size_t queries, training, size, k;
    std::uint64_t levels;
    float middle, spread;
  };
  for (const auto& [queries, training, size, k, levels, middle, spread] :
       {Case{1, 1, 1, 1, 2, 0, 1}, Case{3, 31, 3, 31, 2, 0, 1}, Case{37, 53, 1, 53, 3, -1, 2},
        Case{17, 1009, 65, 6, 2, -1, 2}, Case{33, 70, 3072, 2, 256, -1, 2}, Case{20, 300, 100, 5, 1 << 20, 1000, 1e-1f},
        Case{20, 300, 100, 5, 1 << 20, 1e6f, 10}, Case{20, 300, 100, 5, 1 << 20, 0, 1e38f},
        Case{20, 300, 100, 5, 1 << 20, 0, 1e-25f}, Case{20, 300, 100, 5, 1 << 20, 0, 1e-42f}}) {
    const Floats q = noise(queries * size, 1, levels, middle, spread),
                 t = noise(training * size, 2, levels, middle, spread);
    const FloatNeighbours expected = by_sorting(q, t, size, k);
    for (const int threads : {0, 1, 3})
      require_same(nearest(q, t, static_cast<std::int64_t>(size), static_cast<std::int64_t>(k), threads), expected);
    REQUIRE(nearest(q, t, static_cast<std::int64_t>(size), static_cast<std::int64_t>(k)).k ==
            static_cast<std::int64_t>(k));
  }
}

TEST_CASE("inner products that overflow, to either side, hide no image", "[measure][oracle]") {
  for (const float far : {1e20f, -1e20f}) {
    const Floats queries{1e20f, 3e38f}, training{far, -far, 0, 3 * far};
    require_same(nearest(queries, training, 1, 4), by_sorting(queries, training, 1, 4));
    require_same(nearest(queries, Floats{far}, 1, 1), by_sorting(queries, {far}, 1, 1));
  }
}

TEST_CASE("a float image is not its own neighbour, its copy is", "[measure][oracle]") {
  Floats all = noise(90 * 17, 3, 4);
  std::copy_n(all.begin(), 17, all.end() - 17);
  const FloatNeighbours expected = by_sorting(all, all, 17, 3, true);
  REQUIRE(expected.squared[0] == 0);
  for (const int threads : {1, 3}) require_same(nearest_others(all, 17, 3, threads), expected);
}

TEST_CASE("grey levels have the same neighbours as floats and as bytes", "[measure]") {
  std::vector<std::uint8_t> q(40 * 192), t(90 * 192);
  RandomStream random(5, Stream::subset);
  for (auto* v : {&q, &t})
    for (auto& x : *v) x = static_cast<std::uint8_t>(random.below(256));
  const Neighbours bytes = nearest(q, t, 192, 4);
  const FloatNeighbours floats = nearest(Floats(q.begin(), q.end()), Floats(t.begin(), t.end()), 192, 4);
  REQUIRE(floats.index == bytes.index);
  REQUIRE(std::equal(floats.squared.begin(), floats.squared.end(), bytes.squared.begin(), bytes.squared.end(),
                     [](double a, std::int64_t b) { return a == static_cast<double>(b); }));
}

TEST_CASE("nearest of floats refuses what it cannot order", "[measure][bad]") {
  const Floats six(6), twelve(12);
  Floats bad = twelve;
  bad[7] = std::numeric_limits<float>::quiet_NaN();
  REQUIRE(says(complaint([&] { nearest(six, bad, 3, 1); }), "nearest", {"not finite in training image 2"}));
  bad[7] = -std::numeric_limits<float>::infinity();
  REQUIRE(says(complaint([&] { nearest(bad, six, 3, 1); }), "nearest", {"not finite in query 2"}));
  REQUIRE(says(complaint([&] { nearest(six, twelve, 3, 5); }), "nearest", {"k = 5", "1 to the 4 training images"}));
  REQUIRE(
      says(complaint([&] { nearest_others(twelve, 3, 4); }), "nearest_others", {"k = 4", "1 to the 3 other images"}));
}
