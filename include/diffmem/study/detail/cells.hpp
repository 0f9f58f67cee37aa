// SPDX-License-Identifier: MIT
// The grid of a study as runs that are ready to begin.
#pragma once
#include <diffmem/study/detail/options.hpp>
#include <diffmem/study/study.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// Training images and their digest.
struct TrainingSet {
  ImageSet images;
  std::string digest;
};

/// Training sets, each opened, cut and digested once.
class TrainingSets {
 public:
  /// `blank`: where a data set is not there, black images of its published shape stand for it.
  explicit TrainingSets(bool blank) : blank_(blank) {}
  /// The whole data set that `data` cuts images out of.  Error if it cannot be read.
  const ImageSet& open(const DataParams& data);
  /// How many classes that has; 0 if it has no labels, or cannot be read.
  std::int64_t classes_in(const DataParams& data);
  /// Lives as long as this.  Error if the data set has not what `data` asks for.
  const TrainingSet& of(const DataParams& data);
  /// Data sets that blank images stand for.
  const std::vector<std::string>& absent() const { return absent_; }
  /// Drops the opened data sets; what was cut out of them stays.
  void forget_sources() { opened_.clear(); }

 private:
  void note_absent(const std::string& source);

  bool blank_;
  std::map<Listing, ImageSet> opened_;
  std::map<Listing, TrainingSet> cut_;
  std::vector<std::string> absent_;
};

/// One run of a study, at its place on the grid.
struct Cell {
  Listing at;             ///< (axis, label) of every axis
  std::string name = {};  ///< "fourier, |D| = 64, seed 3", as its report calls it
  std::int64_t size = 0;
  std::uint64_t seed = 0;
  std::unique_ptr<AnyRun> run = nullptr;
  const TrainingSet* set = nullptr;
  RunPlan plan = {};
};

/// A study as this command line asks for it.
struct StudyGrid {
  const StudyBase* study = nullptr;
  std::vector<GridAxis> axes = {};
  std::vector<Cell> cells = {};
  TrainParams train = {};  ///< of the basic setup
};

/// A place on the grid for people, "fourier, blocks 2, |D| = 64", without the axis `without`.
std::string spell(const StudyBase& study, const Listing& at, std::string_view without);

/// Every run of `study`; the names of cells begin with `prefix`.  UsageError if the command line asks for what cannot be;
/// Error if the images cannot be read.
StudyGrid grid_of(const StudyBase& study, const Options& options, TrainingSets& sets, const std::string& prefix = "");

}  // namespace diffmem
