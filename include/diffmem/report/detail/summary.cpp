// SPDX-License-Identifier: MIT
#include <diffmem/report/detail/summary.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <tuple>
#include <utility>

namespace diffmem::report_text {
namespace {

/// Spreads of ratio and KNN distance over runs.
std::pair<Spread, Spread> spreads_of(const std::vector<const RunRecord*>& runs) {
  std::vector<double> ratios, distances;
  for (const RunRecord* run : runs)
    if (const Evaluation* best = best_of(run->evaluations)) {
      ratios.push_back(best->ratio);
      distances.push_back(best->knn_distance);
    }
  return {spread_of(ratios), spread_of(distances)};
}

/// `at`, "width=128 size=1000", says something, and nothing that is not true of the run.
bool is_at(const RunRecord& run, const std::string& at) {
  std::istringstream conditions(at);
  for (std::string condition; conditions >> condition;) {
    const std::size_t equals = condition.find('=');
    if (equals == std::string::npos ||
        std::ranges::find(run.at, std::pair(condition.substr(0, equals), condition.substr(equals + 1))) == run.at.end())
      return false;
  }
  return !at.empty();
}

}  // namespace

Spread spread_of(const std::vector<double>& values) {
  Spread spread;
  double sum = 0, squares = 0;
  for (const double v : values)
    if (std::isfinite(v)) sum += v, ++spread.n;
  if (spread.n == 0) return spread;
  const auto n = static_cast<double>(spread.n);
  spread.mean = sum / n;
  for (const double v : values)
    if (std::isfinite(v)) squares += (v - spread.mean) * (v - spread.mean);
  if (spread.n > 1) spread.deviation = std::sqrt(squares / (n - 1));
  return spread;
}

std::vector<CellSummary> cells_of(const ReportRecord& report) {
  std::vector<CellSummary> cells;
  for (const RunRecord& run : report.runs) {
    auto here = std::ranges::find_if(cells, [&](const CellSummary& cell) {
      return cell.runs[0]->cell == run.cell && cell.runs[0]->series == run.series;
    });
    if (here == cells.end()) here = cells.emplace(here);
    here->runs.push_back(&run);
  }
  for (CellSummary& cell : cells) std::tie(cell.ratio, cell.knn) = spreads_of(cell.runs);
  return cells;
}

bool has_seeds(const ReportRecord& report) { return cells_of(report).size() < report.runs.size(); }

std::size_t seed_count(const ReportRecord& report) {
  std::set<std::uint64_t> seeds;
  for (const RunRecord& run : report.runs) seeds.insert(run.seed);
  return seeds.size();
}

Cost cost_of(const ReportRecord& report) {
  Cost cost;
  for (const RunRecord& run : report.runs) cost.train += run.train_seconds, cost.sample += run.sample_seconds;
  return cost;
}

std::vector<PrintedRow> printed_rows(const ReportRecord& report) {
  std::vector<PrintedRow> rows;
  for (const PrintedRecord& printed : report.printed) {
    auto row = std::ranges::find(rows, printed.at, &PrintedRow::at);
    if (row == rows.end()) {
      row = rows.insert(row, {.at = printed.at, .source = printed.source});
      std::vector<const RunRecord*> runs;
      for (const RunRecord& run : report.runs)
        if (is_at(run, printed.at)) runs.push_back(&run);
      std::tie(row->our_ratio, row->our_knn) = spreads_of(runs);
    } else if (row->source.find(printed.source) == std::string::npos) {
      row->source += ", " + printed.source;
    }
    if (printed.ratio >= 0) row->ratio = printed.ratio, row->ratio_drawn = printed.drawn;
    if (printed.knn >= 0) row->knn = printed.knn, row->knn_drawn = printed.drawn;
  }
  return rows;
}

}  // namespace diffmem::report_text
