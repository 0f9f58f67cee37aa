// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/text.hpp>
#include <diffmem/report/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace diffmem {
namespace {

using namespace report_text;
constexpr std::size_t width = 9;           // columns of the table
constexpr std::size_t longest_label = 26;  // columns of the first one
using Row = std::array<std::string, width>;

/// The first `n` columns of UTF-8 text.
std::string_view front(std::string_view text, std::size_t n) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && ++seen > n) break;
  return text.substr(0, end);
}

/// Cut in the middle: a label ends with the size or the seed, which tells rows apart.
std::string shorten(std::string_view text) {
  const std::size_t length = columns(text), head = longest_label / 2 - 1;
  if (length <= longest_label) return std::string(text);
  const std::string_view skipped = front(text, length - (longest_label - head - 1));
  return fmt::format("{}…{}", front(text, head), text.substr(skipped.size()));
}

Row row_of(const ReportRecord& report, const RunRecord& run) {
  Row row{shorten(one_line(run_label(report, run))), fmt::format("{}", run.seed), count_text(run.steps),
          number(run.epochs)};
  const auto* best = best_of(run.evaluations);
  row[4] = best ? percent(best->ratio) : missing;
  row[5] = best ? fmt::format("{}–{}", percent(best->low), percent(best->high)) : missing;
  row[6] = best ? number(best->knn_distance) : missing;
  row[7] = duration_text(run.train_seconds);
  row[8] = duration_text(run.sample_seconds);
  return row;
}

}  // namespace

std::string text_table(const ReportRecord& report) {
  std::vector<Row> rows{{"run", "seed", "steps", "epochs", "% mem.", "95 % int.", "KNN", "training", "sampling"}};
  for (const auto& run : report.runs) rows.push_back(row_of(report, run));

  std::array<std::size_t, width> widths{};
  for (const auto& row : rows)
    for (std::size_t c = 0; c < width; ++c) widths[c] = std::max(widths[c], columns(row[c]));

  std::string out = one_line(report.title) + "\n";
  for (const auto& note : report.notes) out += one_line(note) + "\n";
  out += "\n";
  const auto pad = [](std::size_t wanted, std::string_view text) { return std::string(wanted - columns(text), ' '); };
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line = rows[r][0] + pad(widths[0], rows[r][0]);
    for (std::size_t c = 1; c < width; ++c) line += "  " + pad(widths[c], rows[r][c]) + rows[r][c];
    out += line + "\n";
    if (r == 0) {
      for (std::size_t i = 0; i < columns(line); ++i) out += "─";
      out += "\n";
    }
  }
  if (report.runs.empty()) out += "no run is finished yet\n";

  std::int64_t zero_second = 0;
  for (const auto& run : report.runs)
    if (const auto* best = best_of(run.evaluations)) zero_second += best->zero_second;
  if (zero_second > 0)
    out += fmt::format(
        "{} generated images have two equally near training images at distance 0; they count as not memorized.\n",
        count_text(zero_second));
  if (!report.emms.empty()) out += "\n";
  for (const auto& emm : report.emms)
    out += emm.series.empty() ? one_line(emm.statement) + "\n"
                              : one_line(emm.series) + ": " + one_line(emm.statement) + "\n";
  return out;
}

}  // namespace diffmem
