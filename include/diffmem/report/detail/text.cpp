// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem::report_text {
namespace {

/// The first `n` columns of UTF-8 text.
std::string_view front(std::string_view text, std::size_t n) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && ++seen > n) break;
  return text.substr(0, end);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
      out += ' ';
    else
      out += c;
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = code_point(text);
    if (length == 0)
      out += '?';
    else if (length == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f))
      out += ' ';
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string shorten(std::string_view text, std::size_t longest) {
  const std::size_t length = columns(text), head = longest / 2 - 1;
  if (length <= longest) return std::string(text);
  const std::string_view skipped = front(text, length - (longest - head - 1));
  return fmt::format("{}…{}", front(text, head), text.substr(skipped.size()));
}

std::string number(double value) {
  if (!std::isfinite(value)) return std::string(missing);
  if (std::abs(value) >= 100 && std::abs(value) < 1e15) return count_text(std::llround(value));
  return fmt::format("{:.3g}", value);
}

std::string percent(double fraction) {
  return std::isfinite(fraction) ? fmt::format("{:.1f}", 100 * fraction) : std::string(missing);
}

std::string spread_text(const Spread& spread, std::string (*spell)(double)) {
  if (spread.n == 0) return std::string(missing);
  return spread.n == 1 ? spell(spread.mean) : fmt::format("{} ± {}", spell(spread.mean), spell(spread.deviation));
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string csv_field(double value) { return std::isfinite(value) ? fmt::format("{}", value) : std::string(); }

std::string run_label(const ReportRecord& report, const RunRecord& run) {
  const auto same = std::ranges::count(report.runs, run.cell, &RunRecord::cell);
  return same > 1 ? fmt::format("{}, seed {}", run.cell, run.seed) : run.cell;
}

bool counts_steps(const ReportRecord& report) {
  return !report.runs.empty() &&
         std::ranges::all_of(report.runs, [](const RunRecord& run) { return run.budget == "steps"; });
}

}  // namespace diffmem::report_text
