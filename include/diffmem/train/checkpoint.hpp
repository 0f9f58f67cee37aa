// SPDX-License-Identifier: MIT
// Checkpoints: everything a training run needs to go on as if it had never stopped.  A checkpoint appears whole or not
// at all, is checksummed, and the one before it is kept until the new one has been read back.
#pragma once
#include <diffmem/core/history.hpp>
#include <diffmem/core/safetensors.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace diffmem {

/// How far a run is.
struct TrainProgress {
  std::int64_t step = 0;  ///< optimiser steps done
  double loss_sum = 0;    ///< over the steps since the last loss point
  std::int64_t loss_count = 0;
  std::vector<LossPoint> losses;
  std::vector<Evaluation> evaluations;
  double train_seconds = 0;       ///< wall time, evaluations not counted
  double loss_scale = 65'536;     ///< of precision fp16: what losses are multiplied by, so that gradients do not vanish
  std::int64_t scaled_steps = 0;  ///< since it last changed
};

/// A progress as bytes, and back.  Error if they are not those of to_bytes().
std::string to_bytes(const TrainProgress& progress);
TrainProgress progress_of(const std::string& bytes);

struct Checkpoint {
  TrainProgress progress;
  SafeTensors tensors;  ///< net.*, ema.*, adam.m.*, adam.v.*
};

/// Writes `folder/step-<n>/` (state.boost, tensors.safetensors, manifest.json), reads it back, and then removes all but
/// the newest `keep`.
void write_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint, int keep = 2);

/// The newest checkpoint in `folder`, or none if there is none.  Error naming the file if it is truncated or corrupt,
/// and the older checkpoint to fall back to.
std::optional<Checkpoint> read_newest_checkpoint(const std::filesystem::path& folder);

/// The newest checkpoint's folder, for messages; empty if there is none.
std::filesystem::path newest_checkpoint(const std::filesystem::path& folder);

}  // namespace diffmem
