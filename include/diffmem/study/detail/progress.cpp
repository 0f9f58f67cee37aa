// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/study/progress.hpp>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace diffmem {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRedraw = std::chrono::milliseconds(500);  // on a terminal
constexpr auto kPlain = std::chrono::seconds(15);         // into a file

bool is_terminal() {
  static const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  return terminal;
}

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

}  // namespace

std::string ProgressBoard::describe(const std::string& run, const Line& line) const {
  const double spent = std::chrono::duration<double>(Clock::now() - line.since).count();
  const auto done = static_cast<double>(line.step - line.begun_at), left = static_cast<double>(line.total - line.step);
  const std::string remaining = done > 0 ? duration_text(spent / done * left) + " left" : "";
  if (line.counting != "step")
    return fmt::format("{}: {} of {} {}, {}", run, count_text(line.step), count_text(line.total), line.counting,
                       remaining);
  const std::string doing = line.doing == "training"
                                ? fmt::format("loss {:.4g}, {:.0f} images/s", line.loss, line.images_per_second)
                                : line.doing;
  return fmt::format("{}: step {}/{}, epoch {:.0f}, {}, {}", run, line.step, line.total, line.epoch, doing, remaining);
}

void ProgressBoard::clear_line() {
  if (drawn_) fmt::print("\r\033[K");
  drawn_ = false;
}

void ProgressBoard::update(const std::string& run, const Line& line) {
  const std::lock_guard guard(mutex_);
  lines_[run] = line;
  auto& last = printed_[is_terminal() ? "" : run];
  if (Clock::now() - last < (is_terminal() ? Clock::duration(kRedraw) : Clock::duration(kPlain))) return;
  last = Clock::now();
  if (!is_terminal()) {
    fmt::print("{}\n", describe(run, line));
  } else {
    std::string all;
    for (const auto& [name, l] : lines_) all += (all.empty() ? "" : " | ") + describe(name, l);
    clear_line();
    fmt::print("{}", all.substr(0, columns() - 1));
    drawn_ = true;
  }
  std::fflush(stdout);
}

void ProgressBoard::finish(const std::string& run, const std::string& text) {
  const std::lock_guard guard(mutex_);
  clear_line();
  lines_.erase(run);
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void ProgressBoard::say(const std::string& text) {
  const std::lock_guard guard(mutex_);
  clear_line();
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

}  // namespace diffmem
