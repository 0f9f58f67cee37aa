// SPDX-License-Identifier: MIT
// Confidence intervals (95 % unless said otherwise) of a ratio, of the difference of two ratios, of a mean and of replicates.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace diffmem {

/// A confidence interval, of 95 % where no other confidence is given; a confidence is in (0, 1).
struct Interval {
  double low = 0, high = 0;
};

/// The z for which |N(0,1)| <= z with this probability: 1.96 for 0.95.
double normal_quantile(double confidence);

/// Wilson's score interval of `hits` out of `n`.  Error unless 0 <= hits <= n and n >= 1.
Interval wilson(std::int64_t hits, std::int64_t n, double confidence = 0.95);

/// Clopper and Pearson's (1934) interval of `hits` out of `n`: it holds the ratio at least that often, whatever it is.
/// Errors as wilson().
Interval clopper_pearson(std::int64_t hits, std::int64_t n, double confidence = 0.95);

/// Of a/n - b/m, two independent ratios: Newcombe's square-and-add of their Wilson intervals (Newcombe 1998b, method
/// 10).  Errors as wilson().
Interval difference_interval(std::int64_t a, std::int64_t n, std::int64_t b, std::int64_t m);

/// Of the mean of independent values, by the normal law: mean +- 1.96 s / sqrt(n), s^2 with n - 1.  One value says
/// nothing of the spread: the interval is all numbers.  Error if there is no value.
Interval mean_interval(std::span<const double> values);

/// Of the mean of a few independent values, by Student's law with n - 1 degrees of freedom.  One value: all numbers.  Error
/// if there is no value.
Interval student_interval(std::span<const double> values, double confidence = 0.95);

/// Of mean(a) - mean(b), independent values of unequal spreads, by Welch's approximation (1947).  One value on either side:
/// all numbers.  Error if a side has no value.
Interval welch_interval(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

/// Of the standard deviation of the normal law that a few independent values come from, by chi-squared with n - 1 degrees of
/// freedom.  One value: 0 to infinity.  Error if there is no value.
Interval deviation_interval(std::span<const double> values);

/// From the 2.5 % to the 97.5 % quantile of bootstrap replicates, each a replicate itself; infinities are welcome.
/// Error if there is none.
Interval percentile_interval(std::vector<double> replicates);

}  // namespace diffmem
