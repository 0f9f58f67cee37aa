// SPDX-License-Identifier: MIT
// A run is a folder: run.json (every resolved parameter, data digest, versions), progress.jsonl, measures.jsonl,
// samples/, checkpoints/, weights.safetensors, finished.json (checksums).  The same command again continues it.
#pragma once
#include <diffmem/core/params.hpp>
#include <diffmem/data/image_set.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/report/records.hpp>
#include <diffmem/study/lease.hpp>
#include <diffmem/train/checkpoint.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diffmem {

/// Writes generated images, uint8 [n,C,H,W], as a .safetensors file of one tensor, "images"; `image` is [C,H,W].
void write_images(const std::filesystem::path& path, std::span<const std::uint8_t> images, const Shape& image);

/// Whether the run at `path` is complete.
bool is_finished(const std::filesystem::path& path);

/// A run that is not finished is held by a lease: what writes in it may throw HeldByAnother and StorageGone.
class RunFolder {
 public:
  /// Opens or begins the run at `path`.  HeldByAnother if another worker has it; Error if it was begun with other
  /// `parameters` (the differing fields are named).
  /// `facts` (versions, threads, device) may differ; run.json keeps the list of all that the run was made with.
  RunFolder(Worker& worker, std::filesystem::path path, const Listing& parameters, const Listing& facts);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  void save(const Checkpoint& checkpoint);
  bool finished() const { return is_finished(path_); }

  /// Drops what progress.jsonl and measures.jsonl hold beyond `progress`, so that a continued run repeats no line; the
  /// samples of an evaluation that is made again are written over.
  void rewind_to(const TrainProgress& progress);
  void add(const LossPoint& point);
  /// Records an evaluation and its generated images, uint8 [images,C,H,W].
  void add(const Evaluation& evaluation, const std::vector<std::uint8_t>& generated, const ImageSet& training);
  /// Images of the evaluation at `step`, which is not complete: as keep_part() left them, empty if there are none.
  std::vector<std::uint8_t> part(std::int64_t step) const;
  void keep_part(std::int64_t step, const std::vector<std::uint8_t>& generated, const ImageSet& training);
  /// Marks the run as complete; `weights` are the averaged ones.
  void finish(const TrainProgress& progress, const SafeTensors& weights);

 private:
  /// act(), which writes and may be done twice, while the lease holds.
  void write(const std::function<void()>& act);

  std::filesystem::path path_;
  std::optional<Lease> lease_;
};

/// What a run's files say, a finished one's once their checksums are found right, with up to `pictures` of the best
/// evaluation's images over their nearest training images.  Name, cell, series and size are left to the caller.
RunRecord read_run(const std::filesystem::path& path, const ImageSet& training, int pictures);

/// The images of a finished run's best evaluation, uint8 [images,C,H,W], once their checksum is found right.
std::vector<std::uint8_t> best_images(const std::filesystem::path& path);

/// slug-hash: the folder's name of a run with these parameters.
std::string run_name(const std::string& slug, Listing parameters);

}  // namespace diffmem
