// SPDX-License-Identifier: MIT
// A study's command line: from words to values.
#pragma once
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/setup.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace diffmem {

/// What a command line asks for.
struct Options {
  std::filesystem::path out;
  std::string data;                 ///< source of the images
  std::vector<std::int64_t> sizes;  ///< rising, each once
  std::uint64_t seed = 0;
  Budget budget = Budget::epochs;
  std::vector<Assignment> sets;   ///< --set
  std::vector<Assignment> words;  ///< role, chosen policy
  int jobs = 0, threads = 0;      ///< 0: to be found
  double checkpoint_seconds = 60;
  at::Device device = at::kCPU;
  bool dry_run = false;
};

/// Reads the command line of the study `name`, whose defaults are `setup` and `sizes`; nothing if it asked for --help or
/// --version, which are answered.  UsageError, or Error if the device that it names is not there.
std::optional<Options> parse_options(int argc, char** argv, const std::string& name, const std::string& question,
                                     const Setup& setup, const std::vector<std::int64_t>& sizes, const Menus& menus);

}  // namespace diffmem
