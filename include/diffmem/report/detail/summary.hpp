// SPDX-License-Identifier: MIT
// The training seeds of a cell taken together.
#pragma once
#include <diffmem/report/records.hpp>

#include <limits>
#include <string>
#include <vector>

namespace diffmem::report_text {

/// Mean and standard deviation (n - 1) of n numbers; what does not exist is not a number.
struct Spread {
  std::size_t n = 0;
  double mean = std::numeric_limits<double>::quiet_NaN(), deviation = mean;
};
/// Of the finite ones of `values`.
Spread spread_of(const std::vector<double>& values);

/// One cell: its runs, which differ in the training seed only.
struct CellSummary {
  std::vector<const RunRecord*> runs;  ///< in the report's order, at least one
  Spread ratio, knn;                   ///< of each run's evaluation with the highest ratio; ratio 0..1
};
/// Every cell, in the order in which the report first has it.
std::vector<CellSummary> cells_of(const ReportRecord& report);
/// True if some cell has several training seeds.
bool has_seeds(const ReportRecord& report);
/// How many different training seeds there are.
std::size_t seed_count(const ReportRecord& report);

/// Seconds of all runs together.
struct Cost {
  double train = 0, sample = 0;
};
Cost cost_of(const ReportRecord& report);

/// A place of the paper's grid, and what is known of it there and here.
struct PrintedRow {
  std::string at, source;
  double ratio = -1, knn = -1;  ///< the paper's; below 0: not printed
  bool ratio_drawn = false, knn_drawn = false;
  Spread our_ratio = {}, our_knn = {};  ///< n is 0 where our grid has no such place
};
/// The printed numbers, one row a place.
std::vector<PrintedRow> printed_rows(const ReportRecord& report);

}  // namespace diffmem::report_text
