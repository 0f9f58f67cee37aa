// SPDX-License-Identifier: MIT
// A study's command line: from words to values.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/study/setup.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem {

/// The command line is at fault.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// act(), where a bad value is the command line's fault.
template <class Act>
void on_command_line(Act&& act) {
  try {
    act();
  } catch (const Error& e) {
    throw UsageError(e.what());
  }
}

using Assignment = std::pair<std::string, std::string>;                            // name, text
using Menus = std::vector<std::pair<std::string, std::vector<std::string_view>>>;  // role, words

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
  double checkpoint_seconds = 0;
  at::Device device = at::kCPU;
  bool dry_run = false;
};

/// Reads the command line of the study `name`, whose defaults are `setup` and `sizes`; nothing if it asked for --help or
/// --version, which are answered.  UsageError, or Error if the device that it names is not there.
std::optional<Options> parse_options(int argc, char** argv, const std::string& name, const std::string& question,
                                     const Setup& setup, const std::vector<std::int64_t>& sizes, const Menus& menus);

}  // namespace diffmem
