// SPDX-License-Identifier: MIT
// The command line of a study, and of all of them: from words to values.
#pragma once
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/profile.hpp>
#include <diffmem/study/setup.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace diffmem {

/// Which part of the runs this process makes: every `of`-th, beginning with the `part`-th.
struct Shard {
  std::size_t part = 1, of = 1;
};

/// What --slurm asks for.
struct SlurmOptions {
  std::filesystem::path file;        ///< of the script; empty: none is written
  int tasks = 0;                     ///< 0: to be found
  std::vector<std::string> options;  ///< for sbatch
  std::vector<std::string> words;    ///< of the command line, without all this
};

/// What a command line asks for.  What is empty or 0 is left to the profile.
struct Options {
  std::filesystem::path out;
  std::filesystem::path publish;  ///< empty: nowhere
  Profile profile = Profile::desktop;
  std::string data;                 ///< source of the images
  std::vector<std::int64_t> sizes;  ///< rising, each once
  int seeds = 0;                    ///< number of training seeds
  std::optional<std::uint64_t> seed;
  std::optional<Budget> budget;
  std::optional<Precision> precision;
  std::vector<Assignment> sets;   ///< --set
  std::vector<Assignment> words;  ///< role, chosen policy
  Shard shard;
  int jobs = 0, threads = 0;  ///< 0: to be found
  double checkpoint_seconds = 60, lease_seconds = 60;
  double timeout = 600;  ///< seconds that processes of one world wait for each other
  SlurmOptions slurm;
  at::Device device = at::kCPU;
  bool dry_run = false, trace = false, leave = false;
};

/// Reads the command line of the study `name`; nothing if it asked for --help or --version, which are answered.
/// UsageError, or Error if the device that it names is not there.
std::optional<Options> parse_options(int argc, char** argv, const std::string& name, const std::string& question,
                                     const Menus& menus);

/// The same of the program that runs all studies; `only`: the names after --only.
std::optional<Options> parse_all_options(int argc, char** argv, std::vector<std::string>& only);

}  // namespace diffmem
