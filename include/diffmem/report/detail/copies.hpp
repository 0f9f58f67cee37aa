// SPDX-License-Identifier: MIT
// What the parts of the report on copies share.
#pragma once
#include <diffmem/report/copies.hpp>

#include <string_view>
#include <vector>

namespace diffmem::report_copies {

/// One measured image; distances in grey levels.
struct Row {
  std::size_t image = 0, nearest = 0, second = 0;
  double d1 = 0, d2 = 0, ratio = 0;  ///< ratio: not a number where d2 is 0
  bool memorized = false, masked = false;
};
std::vector<Row> rows_of(const CopiesRecord& record, const MeasuredImages& measured);
/// Of the generated images, in the order of their ratios, equal ones by d1; those without a ratio last.
std::vector<Row> by_ratio(const CopiesRecord& record);

struct Group {
  std::string_view name;
  const MeasuredImages* measured;
};
/// "generated", and "held-out" if there is one.
std::vector<Group> groups_of(const CopiesRecord& record);

/// "1/3", or the number.
std::string threshold_text(double threshold);
/// A drawing of three images side by side with their distances below, and its size.
inline constexpr int kCellWidth = 176, kCellHeight = 80;
std::string neighbour_cell(const CopiesRecord& record, const Row& row);

}  // namespace diffmem::report_copies
