// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/interval.hpp>

#include <cmath>
#include <limits>

using namespace diffmem;

TEST_CASE("Wilson's interval gives published values", "[measure][oracle]") {
  struct Row {
    std::int64_t hits, n;
    double low, high;
  };
  // Newcombe 1998, Table I, method 3
  for (const auto& [hits, n, low, high] :
       {Row{81, 263, .2553, .3662}, Row{15, 148, .0624, .1605}, Row{0, 20, 0, .1611}, Row{1, 29, .0061, .1718}}) {
    const Interval found = wilson(hits, n), mirror = wilson(n - hits, n);
    REQUIRE(std::abs(found.low - low) < 5e-5);
    REQUIRE(std::abs(found.high - high) < 5e-5);
    REQUIRE(std::abs(mirror.low - (1 - found.high)) < 1e-12);
  }
  REQUIRE(wilson(0, 20).low == 0);
  REQUIRE(wilson(20, 20).high == 1);
}

TEST_CASE("the interval of a difference gives published values", "[measure][oracle]") {
  struct Row {
    std::int64_t a, n, b, m;
    double low, high;
  };
  // Newcombe 1998b, Table II, method 10
  for (const auto& [a, n, b, m, low, high] :
       {Row{56, 70, 48, 80, .0524, .3339}, Row{9, 10, 3, 10, .1705, .8090}, Row{6, 7, 2, 7, .0582, .8062},
        Row{5, 56, 0, 29, -.0381, .1926}, Row{0, 10, 0, 20, -.1611, .2775}, Row{10, 10, 0, 10, .6075, 1}}) {
    const Interval found = difference_interval(a, n, b, m), swapped = difference_interval(b, m, a, n);
    REQUIRE(std::abs(found.low - low) < 5e-5);
    REQUIRE(std::abs(found.high - high) < 5e-5);
    REQUIRE(std::abs(swapped.low + found.high) < 1e-12);
  }
}

TEST_CASE("the interval of a mean holds it in 95 % of samples", "[measure][law]") {
  const std::vector<double> hand{1, 2, 3, 4};  // s^2 = 5/3
  REQUIRE(std::abs(mean_interval(hand).high - (2.5 + 1.959963984540054 * std::sqrt(5.0 / 12))) < 1e-12);
  REQUIRE(std::abs(mean_interval(hand).low + mean_interval(hand).high - 5) < 1e-12);
  REQUIRE(mean_interval(std::vector<double>{3, 3, 3}).high == 3);
  REQUIRE(mean_interval(std::vector<double>{3}).low == -std::numeric_limits<double>::infinity());
  int held = 0;
  for (std::uint64_t r = 0; r < 2000; ++r) {
    std::vector<double> sample(100);
    RandomStream(r, Stream::order).fill_normal(std::span(sample));
    const Interval interval = mean_interval(sample);
    held += interval.low < 0 && 0 < interval.high;
  }
  REQUIRE(std::abs(held / 2000.0 - 0.95) < 0.02);  // 4 standard errors
}

TEST_CASE("percentiles leave out 2.5 % at either end", "[measure]") {
  std::vector<double> values;
  for (int i = 1000; i-- > 0;) values.push_back(i);
  REQUIRE(percentile_interval(values).low == 25);
  REQUIRE(percentile_interval(values).high == 974);
  REQUIRE(percentile_interval({4}).low == 4);
  REQUIRE(percentile_interval({4}).high == 4);
  REQUIRE(std::isinf(percentile_interval({1, std::numeric_limits<double>::infinity()}).high));
}

TEST_CASE("intervals refuse what has none", "[measure][bad]") {
  REQUIRE(says(complaint([] { wilson(3, 2); }), "wilson", {"3 of 2"}));
  REQUIRE(says(complaint([] { wilson(0, 0); }), "wilson", {"0 of 0"}));
  REQUIRE(says(complaint([] { difference_interval(1, 2, 3, 2); }), "wilson", {"3 of 2"}));
  REQUIRE(says(complaint([] { mean_interval({}); }), "mean_interval", {"no value"}));
  REQUIRE(says(complaint([] { percentile_interval({}); }), "percentile_interval", {"no replicate"}));
}

TEST_CASE("Student's and Welch's intervals agree with their definitions", "[measure][interval]") {
  // 97.5 % quantiles of Student's law: 12.7062 at 1, 4.30265 at 2, 2.77645 at 4 degrees of freedom.
  const Interval two = student_interval(std::vector{1.0, 3.0});
  REQUIRE(std::abs(two.low - (2 - 12.706204736432095)) < 1e-9);
  const Interval three = student_interval(std::vector{1.0, 2.0, 6.0});
  REQUIRE(std::abs(three.high - (3 + 4.302652729911275 * std::sqrt(7.0 / 3))) < 1e-9);
  const Interval pair = welch_interval(std::vector{1.0, 2.0, 3.0}, std::vector{2.0, 3.0, 4.0});  // 4 degrees
  REQUIRE(std::abs(pair.low - (-1 - 2.7764451051977987 * std::sqrt(2.0 / 3))) < 1e-9);
  REQUIRE(std::abs(pair.high - (-1 + 2.7764451051977987 * std::sqrt(2.0 / 3))) < 1e-9);
  // One side without spread: its degrees of freedom do not count.
  const Interval one = welch_interval(std::vector{5.0, 5.0, 5.0, 5.0}, std::vector{1.0, 2.0, 6.0});
  REQUIRE(std::abs(one.low - (2 - 4.302652729911275 * std::sqrt(7.0 / 3))) < 1e-9);
  const Interval none = welch_interval(std::vector{1.0, 1.0}, std::vector{0.5, 0.5});
  REQUIRE((none.low == 0.5 && none.high == 0.5));
  // Quantiles of chi-squared with 2 degrees of freedom: -2 ln(1 - p).
  const Interval deviation = deviation_interval(std::vector{1.0, 2.0, 3.0});
  REQUIRE(std::abs(deviation.low - std::sqrt(2 / (-2 * std::log(0.025)))) < 1e-9);
  REQUIRE(std::abs(deviation.high - std::sqrt(2 / (-2 * std::log(0.975)))) < 1e-9);
  REQUIRE(std::isinf(student_interval(std::vector{1.0}).high));
  REQUIRE(std::isinf(welch_interval(std::vector{1.0}, std::vector{1.0, 2.0}).low));
  REQUIRE(says(complaint([] { welch_interval({}, std::vector{1.0}); }), "welch_interval", {"no value"}));
}
