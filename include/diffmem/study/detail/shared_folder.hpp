// SPDX-License-Identifier: MIT
// A run's folder as the processes of a world share it: rank 0 reads and writes it, the others hear what it holds.
#pragma once
#include <diffmem/study/run.hpp>
#include <diffmem/study/run_folder.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace diffmem {

/// Every call is made by all processes; see RunFolder for what it does on rank 0.
class SharedFolder {
 public:
  /// HeldByAnother on all if another worker has it; Error if the others' run is not rank 0's, as when they read other
  /// images.
  /// The number of processes joins `facts`.
  SharedFolder(const RunContext& context, const RunPlan& plan, Listing facts);

  const std::filesystem::path& path() const { return path_; }
  bool finished() const { return finished_; }
  /// Where the run stands: its newest checkpoint, on every process; false if there is none.
  bool resume(AnyTrainer& trainer);
  void save(const AnyTrainer& trainer);
  /// The newest checkpoint, for messages.
  std::filesystem::path newest() const { return newest_checkpoint(path_ / "checkpoints"); }

  void rewind_to(const TrainProgress& progress);
  void add(const LossPoint& point);
  void add(const Evaluation& evaluation, const std::vector<std::uint8_t>& generated, const ImageSet& training);
  std::vector<std::uint8_t> part(std::int64_t step) const;
  void keep_part(std::int64_t step, const std::vector<std::uint8_t>& generated, const ImageSet& training);
  void finish(const TrainProgress& progress, const SafeTensors& weights);
  /// What read_run() says; nothing but the folder on the others.
  RunRecord record(const ImageSet& training, int pictures) const;

 private:
  const World& world_;
  std::filesystem::path path_;
  std::optional<RunFolder> folder_;  // rank 0's
  bool finished_ = false;
};

}  // namespace diffmem
