// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/isotonic.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace diffmem;
using Values = std::vector<double>;

namespace {

/// f_i = min over a <= i of the max over b >= i of the weighted mean of values a...b.
Values by_min_max(const Values& values, const Values& weights) {
  Values fit;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a <= i; ++a) {
      double most = -std::numeric_limits<double>::infinity();
      for (std::size_t b = i; b < values.size(); ++b) {
        double sum = 0, weight = 0;
        for (std::size_t j = a; j <= b; ++j) sum += weights[j] * values[j], weight += weights[j];
        most = std::max(most, sum / weight);
      }
      least = std::min(least, most);
    }
    fit.push_back(least);
  }
  return fit;
}

}  // namespace

TEST_CASE("the falling fit by hand", "[measure][oracle]") {
  REQUIRE(decreasing_fit(Values{9, 5, 1}, Values{1, 2, 3}) == Values{9, 5, 1});
  REQUIRE(decreasing_fit(Values{1, 5}, Values{3, 1}) == Values{2, 2});
  REQUIRE(decreasing_fit(Values{9, 4, 6, 5, 1}, Values{1, 1, 1, 1, 1}) == Values{9, 5, 5, 5, 1});
  REQUIRE(decreasing_fit(Values{1, 2, 3}, Values{1, 1, 1}) == Values{2, 2, 2});
  REQUIRE(decreasing_fit(Values{7}, Values{2}) == Values{7});
  REQUIRE(decreasing_fit(Values{}, Values{}).empty());
}

TEST_CASE("the falling fit equals its min-max formula, falls, keeps the mean, and is its own fit", "[measure][law]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed, Stream::subset);
    Values values(1 + random.below(12)), weights(values.size());
    for (auto& v : values) v = seed % 2 ? random.uniform() : static_cast<double>(random.below(4));
    for (auto& w : weights) w = 1 + static_cast<double>(random.below(5));
    const Values fit = decreasing_fit(values, weights), expected = by_min_max(values, weights);
    double mean = 0, fitted = 0;
    for (std::size_t i = 0; i < fit.size(); ++i) {
      REQUIRE(std::abs(fit[i] - expected[i]) < 1e-12);
      mean += weights[i] * values[i];
      fitted += weights[i] * fit[i];
    }
    REQUIRE(std::is_sorted(fit.rbegin(), fit.rend()));
    REQUIRE(std::abs(mean - fitted) < 1e-9);
    REQUIRE(decreasing_fit(fit, weights) == fit);
  }
}

TEST_CASE("decreasing_fit refuses what it cannot weigh", "[measure][bad]") {
  REQUIRE(
      says(complaint([] { decreasing_fit(Values{1, 2}, Values{1}); }), "decreasing_fit", {"2 values and 1 weights"}));
  REQUIRE(says(complaint([] { decreasing_fit(Values{1}, Values{0}); }), "decreasing_fit", {"weight 0"}));
  REQUIRE(says(complaint([] { decreasing_fit(Values{std::nan("")}, Values{1}); }), "decreasing_fit", {"value nan"}));
}
