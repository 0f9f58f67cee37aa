// SPDX-License-Identifier: MIT
// Progress of several runs at once: one line that redraws itself on a terminal, a plain line now and then elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace diffmem {

/// Thread-safe.  Time left is estimated from the steps done since this process began, evaluations included.
class ProgressBoard {
 public:
  /// Prints to `out`, twice a second on a terminal and every 15 s elsewhere; null: says nothing.
  explicit ProgressBoard(std::FILE* out = stdout);
  ProgressBoard(std::FILE* out, std::chrono::milliseconds every);

  /// What one run last said.
  struct Line {
    std::string_view unit = "step";  ///< what is counted
    std::int64_t step = 0, total = 0, begun_at = 0;
    std::optional<double> epoch = {};
    double loss = 0, images_per_second = 0;
    std::string doing = {};  ///< "training", "sampling 300/1000", or nothing
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };

  /// Prints if it is time to: a run's first line at once.
  void update(const std::string& run, const Line& line);
  /// What is said before each line: how far all runs together are.
  void head(const std::string& text);
  /// Prints a line for good and forgets the run.
  void finish(const std::string& run, const std::string& text);
  void say(const std::string& text);

 private:
  void print_for_good(const std::string& text);

  std::FILE* out_;
  bool terminal_;
  std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::string head_;
  std::map<std::string, Line> lines_;
  std::map<std::string, std::chrono::steady_clock::time_point> printed_;
};

}  // namespace diffmem
