// SPDX-License-Identifier: MIT
// Results: what the runs of a study came to, and how a claim picks some of them.
#pragma once
#include <diffmem/core/params.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// What is measured of a run: both are of the evaluation with the highest ratio.
enum class Measure {
  ratio,    ///< memorization ratio, Eq. 61, 0..1: more memorization, larger
  singles,  ///< the same ratio among those whose nearest training image is there once
  knn,      ///< KNN distance, Eq. 62, per pixel, in grey levels: more memorization, smaller
};

/// One finished run.
struct Result {
  Listing at;              ///< (axis, label) of every axis: ("width", "128"), ("size", "1000")
  std::uint64_t seed = 0;  ///< of training
  double ratio = 0, singles = 0, knn = 0;
};

/// "axis=label axis=label" of a run, without the axis `without`: one name for runs that differ in it, or in seed, alone; as
/// a Where it selects them.
std::string cell_of(const Result& run, std::string_view without = "");

/// One axis of the grid that was run.
struct GridAxis {
  std::string name;                 ///< "width"
  std::vector<std::string> labels;  ///< in the order of the grid
};

/// How the ratio of some of a run's images spreads.
struct Spread {
  Listing at;            ///< of the run, and ("images", n)
  double deviation = 0;  ///< standard deviation of the ratio of n images, 0..1
};

/// Results of a study, on its grid.
struct Results {
  std::vector<GridAxis> axes;  ///< "size" is always among them
  std::vector<Result> runs;
  std::vector<Spread> spreads = {};  ///< where the study asks for them

  /// The labels of an axis, in order.  Error listing the axes if there is none of that name.
  const std::vector<std::string>& labels(std::string_view axis) const;
};

/// Which runs: conditions AXIS=LABEL with spaces between, all of which hold; LABEL may end with * for any that begins
/// alike, and hold several with | between; "" is all.
///
///     "embedding=fourier size=1000"      "skip=32:m2*"
class Where {
 public:
  Where(std::string_view text);  // NOLINT(google-explicit-constructor): claims are written with texts
  Where(const char* text) : Where(std::string_view(text)) {}
  Where(const std::string& text) : Where(std::string_view(text)) {}

  bool operator()(const Listing& at) const;
  bool operator()(const Result& run) const { return (*this)(run.at); }
  /// Both conditions.
  Where operator&(const Where& other) const;
  const std::string& text() const { return text_; }
  /// A reason why nothing can match on this grid ("no width = 320 at this scale"), or "".  Error if an axis is unknown.
  std::string missing(const Results& results) const;

 private:
  std::string text_;
  std::vector<std::pair<std::string, std::vector<std::string>>> conditions_;
};

/// One value for each training seed that finished every selected cell: the mean over the cells.
std::vector<double> seed_means(const Results& results, const Where& where, Measure measure);

/// The same of the standard deviation over the cells; none if there are fewer than two.
std::vector<double> seed_spreads(const Results& results, const Where& where, Measure measure);

/// The same of log2 of the EMM (at 90 %, Definition 1) of each selected curve over "size".  An EMM outside the sizes counts as the
/// nearest size: that makes differences smaller, never larger.
std::vector<double> seed_emms(const Results& results, const Where& where);

}  // namespace diffmem
