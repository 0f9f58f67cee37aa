// SPDX-License-Identifier: MIT
// Results: what the runs of a study came to, and how a claim picks some of them.
#pragma once
#include <diffmem/core/history.hpp>
#include <diffmem/core/params.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem {

/// What is measured of a run: both are of the evaluation with the highest ratio.
enum class Measure {
  ratio,  ///< memorization ratio, Eq. 61, 0..1: more memorization, larger
  knn,    ///< KNN distance, Eq. 62, per pixel, in grey levels: more memorization, smaller
};

/// One run of the grid, finished or not.
struct Result {
  Listing at;                                ///< (axis, label) of every axis: ("width", "128"), ("size", "1000")
  std::uint64_t seed = 0;                    ///< of training
  std::vector<Evaluation> evaluations = {};  ///< in the order they were made; none: not finished

  bool finished() const { return best_of(evaluations) != nullptr; }
};

/// "axis=label axis=label" of a run, without some axes: one name for runs that differ in these, or in seed, alone; as a
/// Where it selects them.
std::string cell_of(const Result& run, const std::vector<std::string>& without = {});

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
  std::vector<GridAxis> axes;        ///< "size" is always among them
  std::vector<Result> runs;          ///< all of the grid: what is not finished, too
  std::vector<Spread> spreads = {};  ///< where the study asks for them

  /// The labels of an axis, in order.  Error listing the axes if there is none of that name.
  const std::vector<std::string>& labels(std::string_view axis) const;
  /// The part of the grid with this label of this axis; axes have the labels that are left.
  Results part(const std::string& axis, const std::string& label) const;
};

/// Which runs: conditions AXIS=LABEL with spaces between, all of which hold; LABEL may hold several with | between, such
/// as those of several profiles' grids; "" is all.
///
///     "embedding=fourier size=1000"      "skip=100000000|010000000"
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
  /// The axes of which this and the other do not ask for the same labels.
  std::vector<std::string> differing(const Where& other) const;
  /// A reason why these runs cannot be judged ("the grid has no width = 320", of several labels: none of them; or a run
  /// that is not finished), or "".  Error if an axis is unknown.
  std::string missing(const Results& results) const;

 private:
  std::string text_;
  std::vector<std::pair<std::string, std::vector<std::string>>> conditions_;
};

}  // namespace diffmem
