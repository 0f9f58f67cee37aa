// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/interval.hpp>

#include <fmt/format.h>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>

namespace diffmem {
namespace {

constexpr double kQuantile = 1.959963984540054;  // 97.5 % quantile of N(0,1)

constexpr Interval kAllNumbers{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

/// Of a sample: its mean, the square of the mean's standard error (0 for one value), n - 1.
struct Spread {
  double mean = 0, error = 0, freedom = 0;
};

Spread spread_of(std::string_view who, std::span<const double> values) {
  if (values.empty()) throw Error(std::string(who), "no value", "at least one", "measure something first");
  const double n = static_cast<double>(values.size());
  Spread s{std::accumulate(values.begin(), values.end(), 0.0) / n, 0, n - 1};
  for (const double v : values) s.error += (v - s.mean) * (v - s.mean);
  s.error /= n * std::max(1.0, n - 1);
  return s;
}

void expect_count(std::string_view who, std::int64_t hits, std::int64_t n) {
  if (n < 1 || hits < 0 || hits > n)
    throw Error(std::string(who), fmt::format("{} of {}", hits, n), "0 <= hits <= n, n >= 1", "count again");
}

double student_quantile(double freedom, double confidence) {
  return boost::math::quantile(boost::math::students_t(freedom), (1 + confidence) / 2);
}

}  // namespace

double normal_quantile(double confidence) { return boost::math::quantile(boost::math::normal(), (1 + confidence) / 2); }

Interval wilson(std::int64_t hits, std::int64_t n, double confidence) {
  expect_count("wilson", hits, n);
  const double z = normal_quantile(confidence), trials = static_cast<double>(n), p = static_cast<double>(hits) / trials,
               square = z * z / trials;
  const double middle = (p + square / 2) / (1 + square);
  const double half = z * std::sqrt(p * (1 - p) / trials + square / (4 * trials)) / (1 + square);
  // The ends are exactly 0 and 1 there, which rounding would miss.
  return {hits == 0 ? 0.0 : middle - half, hits == n ? 1.0 : middle + half};
}

Interval clopper_pearson(std::int64_t hits, std::int64_t n, double confidence) {
  expect_count("clopper_pearson", hits, n);
  using Law = boost::math::binomial_distribution<double>;
  const double h = static_cast<double>(hits), trials = static_cast<double>(n), tail = (1 - confidence) / 2;
  return {hits == 0 ? 0.0 : Law::find_lower_bound_on_p(trials, h, tail),
          hits == n ? 1.0 : Law::find_upper_bound_on_p(trials, h, tail)};
}

Interval difference_interval(std::int64_t a, std::int64_t n, std::int64_t b, std::int64_t m) {
  const Interval first = wilson(a, n), second = wilson(b, m);
  const double p = static_cast<double>(a) / static_cast<double>(n), q = static_cast<double>(b) / static_cast<double>(m);
  return {p - q - std::hypot(p - first.low, second.high - q), p - q + std::hypot(first.high - p, q - second.low)};
}

Interval mean_interval(std::span<const double> values) {
  const Spread s = spread_of("mean_interval", values);
  if (values.size() == 1) return kAllNumbers;
  const double half = kQuantile * std::sqrt(s.error);
  return {s.mean - half, s.mean + half};
}

Interval student_interval(std::span<const double> values, double confidence) {
  const Spread s = spread_of("student_interval", values);
  if (values.size() == 1) return kAllNumbers;
  const double half = student_quantile(s.freedom, confidence) * std::sqrt(s.error);
  return {s.mean - half, s.mean + half};
}

Interval welch_interval(std::span<const double> a, std::span<const double> b, double confidence) {
  const Spread s = spread_of("welch_interval", a), t = spread_of("welch_interval", b);
  if (a.size() == 1 || b.size() == 1) return kAllNumbers;
  const double error = s.error + t.error, difference = s.mean - t.mean;
  if (error == 0) return {difference, difference};
  const double freedom = error * error / (s.error * s.error / s.freedom + t.error * t.error / t.freedom);
  const double half = student_quantile(freedom, confidence) * std::sqrt(error);
  return {difference - half, difference + half};
}

Interval deviation_interval(std::span<const double> values) {
  const Spread s = spread_of("deviation_interval", values);
  if (values.size() == 1) return {0, std::numeric_limits<double>::infinity()};
  const double squares = s.error * static_cast<double>(values.size()) * s.freedom;  // sum of squared deviations
  const boost::math::chi_squared law(s.freedom);
  return {std::sqrt(squares / boost::math::quantile(law, 0.975)),
          std::sqrt(squares / boost::math::quantile(law, 0.025))};
}

Interval percentile_interval(std::vector<double> replicates) {
  if (replicates.empty()) throw Error("percentile_interval", "no replicate", "at least one", "ask for 1000 replicates");
  std::sort(replicates.begin(), replicates.end());
  const auto skipped = static_cast<std::size_t>(0.025 * static_cast<double>(replicates.size()));
  return {replicates[skipped], replicates[replicates.size() - 1 - skipped]};
}

}  // namespace diffmem
