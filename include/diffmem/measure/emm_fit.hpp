// SPDX-License-Identifier: MIT
// The EMM as an estimate: from all sizes and runs together, with an interval and the size to try next.
#pragma once
#include <diffmem/measure/emm.hpp>

namespace diffmem {

/// What one training run of one size gave.
struct RunRatio {
  std::int64_t size = 0;       ///< |D|
  std::int64_t memorized = 0;  ///< generated images that are memorized
  std::int64_t images = 0;     ///< generated images
};

/// How to estimate.
struct EmmFitParams {
  double level = 0.9;  ///< 1 - eps
  int replicates = 1000;
  std::uint64_t seed = 0;  ///< of the bootstrap
};

/// What fit_emm() finds.
struct EmmFit {
  std::vector<SizeRatio> fitted;  ///< each size once, rising; the fitted ratio, and Wilson's interval of the runs' own
  Emm emm;                        ///< of the fitted ratios; use `logarithmic`, in whose axis the fit is linear
  Interval interval;              ///< of emm.logarithmic; 0: below the smallest size, infinity: above the largest
  std::optional<std::int64_t> next;  ///< next_size(emm)
  std::string statement;             ///< all of it in words
};

/// EMM under Hypothesis 1 (Eq. 4: the ratio falls as the set grows): the runs of a size are pooled, decreasing_fit() with
/// the numbers of images as weights makes the ratios fall, and the EMM is where the fit, linear in log N between sizes,
/// crosses `level`.  Sizes whose ratios fall already give estimate_emm()'s value.
/// The interval is a bootstrap from Stream::bootstrap: each replicate draws every size's runs with replacement (those
/// with different seeds) and then the images of each run, and is estimated alike.  With one run of each size it knows
/// nothing of training's own spread, and the statement says so.
/// Error if there are no runs, one has no image or more memorized ones than images, a size is below 1, the level is not
/// in (0, 1], or there is no replicate.
EmmFit fit_emm(std::span<const RunRatio> runs, const EmmFitParams& params = {}, int threads = 1);

}  // namespace diffmem
