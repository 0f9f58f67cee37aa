// SPDX-License-Identifier: MIT
// An array job for Slurm: each task is a worker that runs the same command in the shared folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace diffmem {

/// What the plan says of an array job.
struct SlurmJob {
  std::string name;
  std::filesystem::path folder;      ///< where the command was typed
  std::filesystem::path logs;        ///< a file a task
  std::vector<std::string> command;  ///< program and words
  std::vector<std::string> options;  ///< further ones of sbatch, such as "--partition=long"
  int tasks = 1, cores = 1;          ///< cores of a task
  double seconds = 0;                ///< that a task is expected to take
  double step_seconds = 0;           ///< the longest that a run goes on before it looks for a signal
  double bytes = 0;                  ///< that a task is expected to take at once
  bool gpu = false;
};

/// What a task asks for: half as much again as expected, and something that does not grow with the runs.
int slurm_minutes(const SlurmJob& job);
int slurm_megabytes(const SlurmJob& job);
/// Seconds before its end at which a task is told to save.
int slurm_notice(const SlurmJob& job);

/// The text for sbatch.  A task that is told to stop saves, ends with 130 and asks to be queued again.
std::string slurm_script(const SlurmJob& job);

}  // namespace diffmem
