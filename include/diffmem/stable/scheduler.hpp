// SPDX-License-Identifier: MIT
// scheduler_config.json of a model folder: the noise that its U-Net was trained with.
#pragma once
#include <diffmem/sampler/spaced.hpp>
#include <diffmem/schedule/ddpm.hpp>

#include <filesystem>
#include <string>

namespace diffmem::stable {

/// Whatever the scheduler's class, its noise, and the spacing of the steps that are sampled.
struct SchedulerConfig {
  NoiseSteps noise = {};
  Prediction prediction = Prediction::epsilon;
  Spacing spacing = Spacing::leading;
  int offset = 1;
  bool to_one = false;

  /// Error if the file is missing or damaged; NotSupported if it asks for betas of its own, a rescaled or clipped signal.
  static SchedulerConfig read(const std::filesystem::path& file);
  /// As diffusers' DDIMScheduler writes it.
  std::string to_json() const;

  /// Gives a schedule and a sampler this noise; the sampler keeps its number of steps.
  void tell(DdpmSchedule& schedule, SpacedDdim& sampler) const;
  void tell(DdpmSchedule& schedule, SpacedDdpm& sampler) const;
};

}  // namespace diffmem::stable
