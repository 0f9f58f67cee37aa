// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/text.hpp>
#include <diffmem/report/detail/verdict.hpp>
#include <diffmem/report/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace diffmem {
namespace {

using namespace report_text;
constexpr std::size_t width = 9;           // columns of the table
constexpr std::size_t longest_label = 26;  // columns of the first one
constexpr std::size_t most_runs = 12;      // more runs than this are a row a cell
using Row = std::array<std::string, width>;

Row row_of(const ReportRecord& report, const RunRecord& run) {
  Row row{shorten(one_line(run_label(report, run)), longest_label), fmt::format("{}", run.seed), count_text(run.steps),
          number(run.epochs)};
  const auto* best = best_of(run.evaluations);
  row[4] = best ? percent(best->ratio) : missing;
  row[5] = best ? fmt::format("{}–{}", percent(best->low), percent(best->high)) : missing;
  row[6] = best ? number(best->knn_distance) : missing;
  row[7] = duration_text(run.train_seconds);
  row[8] = duration_text(run.sample_seconds);
  return row;
}

Row row_of(const CellSummary& cell) {
  double train = 0, sample = 0;
  for (const RunRecord* run : cell.runs) train += run->train_seconds, sample += run->sample_seconds;
  return {shorten(one_line(cell.runs[0]->cell), longest_label),
          fmt::format("{}", cell.runs.size()),
          count_text(cell.runs[0]->steps),
          number(cell.runs[0]->epochs),
          cell.ratio.n > 0 ? percent(cell.ratio.mean) : std::string(missing),
          percent(cell.ratio.deviation),
          spread_text(cell.knn, number),
          duration_text(train),
          duration_text(sample)};
}

/// One aligned line a row, the first one as the head.
std::string lines_of(const std::vector<Row>& rows) {
  std::array<std::size_t, width> widths{};
  for (const auto& row : rows)
    for (std::size_t c = 0; c < width; ++c) widths[c] = std::max(widths[c], columns(row[c]));
  const auto pad = [](std::size_t wanted, std::string_view text) { return std::string(wanted - columns(text), ' '); };
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line = rows[r][0] + pad(widths[0], rows[r][0]);
    for (std::size_t c = 1; c < width; ++c) line += "  " + pad(widths[c], rows[r][c]) + rows[r][c];
    out += line + "\n";
    if (r == 0) {
      for (std::size_t i = 0; i < columns(line); ++i) out += "─";
      out += "\n";
    }
  }
  return out;
}

std::string claims_of(const ReportRecord& report) {
  if (report.claims.empty()) return "";
  std::string out = "\n" + score(report) + "\n";
  for (const auto& claim : report.claims) {
    out += fmt::format("  {} {}: {}\n", sign_of(claim.outcome), one_line(claim.outcome), one_line(claim.text));
    if (!claim.reason.empty()) out += fmt::format("      {}\n", one_line(claim.reason));
    if (!claim.knn_outcome.empty()) out += fmt::format("      by KNN distances: {}\n", one_line(claim.knn_outcome));
  }
  return out;
}

}  // namespace

std::string text_table(const ReportRecord& report) {
  std::string out = one_line(report.title) + "\n";
  for (const auto& note : report.notes) out += one_line(note) + "\n";
  const bool by_cell = report.runs.size() > most_runs && has_seeds(report);
  std::vector<Row> rows{
      by_cell ? Row{"cell", "seeds", "steps", "epochs", "% mem.", "± s.d.", "KNN", "training", "sampling"}
              : Row{"run", "seed", "steps", "epochs", "% mem.", "95 % int.", "KNN", "training", "sampling"}};
  if (by_cell)
    for (const auto& cell : cells_of(report)) rows.push_back(row_of(cell));
  else
    for (const auto& run : report.runs) rows.push_back(row_of(report, run));
  out += "\n" + lines_of(rows);
  if (report.runs.empty()) out += "no run is finished yet\n";

  std::int64_t zero_second = 0;
  for (const auto& run : report.runs)
    if (const auto* best = best_of(run.evaluations)) zero_second += best->zero_second;
  if (zero_second > 0)
    out += fmt::format(
        "{} generated images have two equally near training images at distance 0; they count as not memorized.\n",
        count_text(zero_second));
  out += claims_of(report);
  if (!report.emms.empty()) out += "\n";
  for (const auto& emm : report.emms)
    out += emm.series.empty() ? one_line(emm.statement) + "\n"
                              : one_line(emm.series) + ": " + one_line(emm.statement) + "\n";
  return out;
}

}  // namespace diffmem
