// SPDX-License-Identifier: MIT
// From runs to samples: what is measured of them, one value for each training seed, and differences with their intervals.
#pragma once
#include <diffmem/measure/interval.hpp>
#include <diffmem/study/results.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// Runs of one training seed.
using RunGroup = std::vector<const Result*>;
/// Runs by what they share ("size=1000"; "" where they share all that is looked at), and by seed.
using RunGroups = std::map<std::string, std::map<std::uint64_t, RunGroup>>;

/// The runs that `where` selects, by their place on all axes but those in `without`.
RunGroups groups_of(const Results& results, const Where& where, const std::vector<std::string>& without);

/// What is measured of a group of runs, larger for more memorization, and how people are told.
struct Scale {
  std::function<double(const RunGroup&)> value;
  std::function<double(const RunGroup&)> noise =
      nullptr;  ///< variance of the value that is due to the number of images
  std::string (*spell)(double value) = nullptr;
  double unit = 1;  ///< of differences
  std::string_view unit_name;
  bool of_curves = false;  ///< the value is of runs of all sizes together
};

/// The mean of Measure::ratio or ::knn over the runs.
const Scale& scale_of(Measure measure);
/// The standard deviation of the ratio over the runs.
const Scale& spread_scale();
/// log2 of the EMM (at 90 %, Definition 1), the mean over the curves.  An EMM outside the sizes counts as the nearest size.
const Scale& emm_scale();
/// The scale for comparing runs: of EMMs, those outside the sizes that all curves of `a` and `b` cover count as the nearest of
/// these.  That makes differences smaller, never larger.
Scale comparing(const Scale& scale, const RunGroups& a, const RunGroups& b);
/// The ratio at the evaluation of this number.
Scale scale_at(std::size_t evaluation);

/// Values, one for each training seed, and the variance of their mean that is due to the number of images.
struct Sample {
  std::vector<double> values;
  double noise = 0;

  double mean() const;
};

/// Mean over the groups of these names, one value for each seed that has all of them.
Sample sample_of(const RunGroups& groups, const std::vector<std::string>& names, const Scale& scale);

/// Of the mean, by Student's law over seeds, and no narrower than the number of images allows.
Interval interval_of(const Sample& sample, double confidence);

/// a - b with its interval, by Welch's approximation over seeds, and no narrower than the number of images allows.
struct Difference {
  double middle = 0;
  Interval interval;
  std::size_t seeds = 0;  ///< of the side with fewer

  bool more() const { return interval.low > 0; }
  bool less() const { return interval.high < 0; }
};
Difference difference(const Sample& a, const Sample& b, double confidence);

/// The confidence of each of `tests` so that all together have `confidence` (Bonferroni).
double each_of(std::size_t tests, double confidence);

}  // namespace diffmem
