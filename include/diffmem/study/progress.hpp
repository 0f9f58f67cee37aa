// SPDX-License-Identifier: MIT
// Progress of several runs at once: one line that redraws itself on a terminal, a plain line now and then elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace diffmem {

/// Thread-safe.  Time left is estimated from the steps done since this process began, evaluations included.
class ProgressBoard {
 public:
  /// What one run last said.
  struct Line {
    std::int64_t step = 0, total = 0, begun_at = 0;
    double epoch = 0, loss = 0, images_per_second = 0;
    std::string doing;              ///< "training", "sampling 300/1000"; not of images
    std::string counting = "step";  ///< what `step` counts; "images": a folder that is read
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };

  /// Prints if it is time to.
  void update(const std::string& run, const Line& line);
  /// Prints a line for good and forgets the run.
  void finish(const std::string& run, const std::string& text);
  void say(const std::string& text);

 private:
  std::string describe(const std::string& run, const Line& line) const;
  void clear_line();

  std::mutex mutex_;
  std::map<std::string, Line> lines_;
  std::map<std::string, std::chrono::steady_clock::time_point> printed_;
  bool drawn_ = false;
};

}  // namespace diffmem
