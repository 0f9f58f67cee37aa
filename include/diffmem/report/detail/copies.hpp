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
  bool memorized = false, copy = false;
  std::int64_t apart = -1;  ///< nearest training image that is no twin; -1: none, or not asked for
  double d2_apart = 0;      ///< not a number without `apart`
  bool hidden() const { return copy && !memorized; }                   ///< from the ratio, by twins
  double decided() const { return hidden() ? d1 / d2_apart : ratio; }  ///< what its frame and place go by
};
std::vector<Row> rows_of(const MeasuredImages& measured);
/// Of the generated images, in the order of their ratios (to the nearest that is no twin, where that made it a copy),
/// equal ones by d1; those without a ratio last.
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
