// SPDX-License-Identifier: MIT
// EMM: the effective model memorization, the largest training set that is still memorized.
#pragma once
#include <diffmem/measure/interval.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace diffmem {

/// The memorization ratio of one size of training set.
struct SizeRatio {
  std::int64_t size = 0;   ///< |D|
  double ratio = 0;        ///< R_Mem, Eq. 61, 0..1
  Interval interval = {};  ///< of the ratio, 95 %, where it is known
};

/// What estimate_emm() finds.
struct Emm {
  std::optional<double> linear;       ///< interpolated in N; empty if no two sizes straddle the level
  std::optional<double> logarithmic;  ///< interpolated in log N; likewise
  std::string statement;              ///< the result in words, always
  std::int64_t below = 0;             ///< the size at or below the EMM; 0: the EMM is below every size
  std::int64_t above = 0;             ///< the size at or above the EMM; 0: the EMM is above every size
};

/// Definition 1 (Eq. 3), EMM = max { N : R_Mem(N) >= level }, level = 1 - eps, from a series of sizes in any order.
///
/// Let N_i be the largest size with R_i >= level.  R_i = level: the EMM is N_i.  R_i > level > R_{i+1}: interpolated
/// between N_i and N_{i+1}, linearly in N and in log N.  No R_i >= level, or none after it: said, never extrapolated.
/// A series that rises through the level again has several crossings; the largest counts, and the statement says so.
/// Error if the series is empty, a size is below 1 or comes twice, a ratio is not in 0..1, or the level not in (0, 1].
Emm estimate_emm(std::vector<SizeRatio> series, double level = 0.9);

/// The size to train on next, by bisection in log N: the rounded geometric mean of emm.below and emm.above; twice the
/// largest size if the EMM is above it, half the smallest if below.  Empty if no whole size lies between.
std::optional<std::int64_t> next_size(const Emm& emm);

}  // namespace diffmem
