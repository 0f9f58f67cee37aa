// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/study/progress.hpp>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace diffmem {
namespace {

using Clock = std::chrono::steady_clock;

bool is_terminal(std::FILE* file) { return file && ::isatty(::fileno(file)) != 0; }

std::size_t columns(std::FILE* terminal) {
  winsize size{};
  return ::ioctl(::fileno(terminal), TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

std::string describe(const std::string& run, const ProgressBoard::Line& line) {
  std::string text = fmt::format("{}: {} {}/{}", run, line.unit, line.step, line.total);
  if (line.epoch) text += fmt::format(", epoch {:.0f}", *line.epoch);
  if (line.doing == "training") {
    text += fmt::format(", loss {:.4g}", line.loss);
    if (line.images_per_second > 0) text += fmt::format(", {:.0f} images/s", line.images_per_second);
  } else if (!line.doing.empty()) {
    text += ", " + line.doing;
  }
  const double spent = std::chrono::duration<double>(Clock::now() - line.since).count();
  const auto done = static_cast<double>(line.step - line.begun_at), left = static_cast<double>(line.total - line.step);
  if (done > 0) text += fmt::format(", {} left", duration_text(spent / done * left));
  return text;
}

}  // namespace

ProgressBoard::ProgressBoard(std::FILE* out)
    : ProgressBoard(out, std::chrono::milliseconds(is_terminal(out) ? 500 : 15'000)) {}
ProgressBoard::ProgressBoard(std::FILE* out, std::chrono::milliseconds every)
    : out_(out), terminal_(is_terminal(out)), every_(every) {}

void ProgressBoard::update(const std::string& run, const Line& line) {
  const std::lock_guard guard(mutex_);
  lines_[run] = line;
  const auto [last, first] = printed_.try_emplace(terminal_ ? "" : run);
  if (!first && Clock::now() - last->second < every_) return;
  last->second = Clock::now();
  if (!terminal_) return print_for_good(head_ + describe(run, line));
  std::string all;
  for (const auto& [name, l] : lines_) all += (all.empty() ? head_ : " | ") + describe(name, l);
  fmt::print(out_, "\r\033[K{}", all.substr(0, columns(out_) - 1));
  std::fflush(out_);
}

void ProgressBoard::head(const std::string& text) {
  const std::lock_guard guard(mutex_);
  head_ = text;
}

void ProgressBoard::print_for_good(const std::string& text) {
  if (!out_) return;
  fmt::print(out_, "{}{}\n", terminal_ ? "\r\033[K" : "", text);
  std::fflush(out_);
}

void ProgressBoard::finish(const std::string& run, const std::string& text) {
  const std::lock_guard guard(mutex_);
  lines_.erase(run);
  print_for_good(text);
}

void ProgressBoard::say(const std::string& text) {
  const std::lock_guard guard(mutex_);
  print_for_good(text);
}

}  // namespace diffmem
