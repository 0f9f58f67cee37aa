// SPDX-License-Identifier: MIT
#include <diffmem/study/detail/slurm.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem {
namespace {

constexpr double kMargin = 1.5;

/// A word as a shell takes it.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

int slurm_minutes(const SlurmJob& job) {
  constexpr double kStart = 10;  // reading images, waiting for a slow disk, the notice
  return static_cast<int>(std::ceil(kMargin * job.seconds / 60 + kStart));
}
int slurm_megabytes(const SlurmJob& job) {
  constexpr double kProgram = 1000;
  return static_cast<int>(std::ceil((kMargin * job.bytes / 1e6 + kProgram) / 100)) * 100;
}
int slurm_notice(const SlurmJob& job) { return static_cast<int>(std::ceil(30 + 2 * job.step_seconds)); }

std::string slurm_script(const SlurmJob& job) {
  std::string text = fmt::format(
      "#!/bin/bash\n"
      "# {} tasks, each a worker: it takes runs that no other has, in the shared folder.  Any number of them will do.\n"
      "# Time and memory: the estimate of the machine that wrote this, times {}.  What sbatch is told on its command "
      "line goes before.\n",
      job.tasks, kMargin);
  const auto ask = [&](const std::string& option) { text += "#SBATCH " + option + "\n"; };
  const int minutes = slurm_minutes(job);
  ask("--job-name=" + job.name);
  ask(fmt::format("--array=0-{}", job.tasks - 1));
  ask("--ntasks=1");
  ask(fmt::format("--cpus-per-task={}", job.cores));
  ask(fmt::format("--mem={}M", slurm_megabytes(job)));
  ask(fmt::format("--time={}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24, minutes % 60));
  if (job.gpu) ask("--gres=gpu:1");
  ask(fmt::format("--signal=TERM@{}", slurm_notice(job)));
  ask("--requeue");
  ask("--open-mode=append");
  ask(fmt::format("--output={}", quoted((job.logs / "slurm-%A_%a.log").string())));
  for (const std::string& option : job.options) ask(option);
  std::string command;
  for (const std::string& word : job.command) command += " " + quoted(word);
  text += fmt::format(
      "cd {} || exit 1\n"
      "srun --cpus-per-task={}{}\n"
      "code=$?\n"
      "# 130: told to stop, all saved.  Not for ever: a time limit may be too short to get anywhere.\n"
      "if [ $code -eq 130 ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt 100 ]; then scontrol requeue \"$SLURM_JOB_ID\"; "
      "fi\n"
      "exit $code\n",
      quoted(job.folder.string()), job.cores, command);
  return text;
}

}  // namespace diffmem
