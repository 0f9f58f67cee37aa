// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/mann_whitney.hpp>

#include <cmath>
#include <map>
#include <vector>

using namespace diffmem;

namespace {

using Values = std::vector<std::int64_t>;

Values draws(std::size_t count, std::uint64_t seed, std::uint64_t levels) {
  Values values(count);
  RandomStream random(seed, Stream::subset);
  for (auto& v : values) v = static_cast<std::int64_t>(random.below(levels));
  return values;
}

/// By all pairs.
double by_pairs(const Values& a, const Values& b) {
  double u = 0, ties = 0;
  std::map<std::int64_t, double> groups;
  for (const auto x : a) ++groups[x];
  for (const auto y : b) ++groups[y];
  for (const auto x : a)
    for (const auto y : b) u += x > y ? 1 : x == y ? 0.5 : 0;
  for (const auto& [value, t] : groups) ties += t * t * t - t;
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  return (u - n * m / 2) / std::sqrt(n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1))));
}

}  // namespace

TEST_CASE("Mann-Whitney's z by hand", "[measure][oracle]") {
  // {1,2,2,5} against {2,3,5,5,7}: U = 4, ties of three 2s and three 5s: s^2 = 20/12 (10 - 48/72).
  REQUIRE(std::abs(mann_whitney(Values{1, 2, 2, 5}, Values{2, 3, 5, 5, 7}) -
                   -6 / std::sqrt(20.0 / 12 * (10 - 2.0 / 3))) < 1e-12);
  REQUIRE(mann_whitney(Values{1}, Values{2}) == -1);  // U = 0, mean 1/2, s = 1/2
  REQUIRE(mann_whitney(Values{2}, Values{1}) == 1);
  REQUIRE(mann_whitney(Values{4, 4, 4}, Values{4}) == 0);
}

TEST_CASE("Mann-Whitney's z equals counting all pairs, and changes sign with the roles", "[measure][oracle]") {
  for (const std::uint64_t levels : {2, 5, 1'000'000})
    for (const std::size_t n : {1, 2, 17, 60}) {
      const Values a = draws(n, 1, levels), b = draws(41, 2, levels);
      REQUIRE(std::abs(mann_whitney(a, b) - by_pairs(a, b)) < 1e-9);
      REQUIRE(std::abs(mann_whitney(a, b) + mann_whitney(b, a)) < 1e-9);
    }
}

TEST_CASE("draws of one law give a z of mean 0 and variance 1, ties or not", "[measure][law]") {
  for (const std::uint64_t levels : {3, 1'000'000}) {
    double sum = 0, squares = 0;
    constexpr int kRounds = 2000;
    for (std::uint64_t r = 0; r < kRounds; ++r) {
      const double z = mann_whitney(draws(20, 2 * r, levels), draws(30, 2 * r + 1, levels));
      sum += z;
      squares += z * z;
    }
    REQUIRE(std::abs(sum / kRounds) < 0.1);           // 4.5 standard errors
    REQUIRE(std::abs(squares / kRounds - 1) < 0.15);  // likewise
  }
}

TEST_CASE("Mann-Whitney refuses an empty sample", "[measure][bad]") {
  REQUIRE(says(complaint([] { mann_whitney({}, Values{1}); }), "mann_whitney", {"samples of 0 and 1"}));
  REQUIRE(says(complaint([] { mann_whitney(Values{1, 2}, {}); }), "mann_whitney", {"samples of 2 and 0"}));
}
