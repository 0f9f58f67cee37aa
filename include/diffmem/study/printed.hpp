// SPDX-License-Identifier: MIT
// The numbers that the paper prints, to stand beside ours.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// Gives the studies of this program their printed numbers: CSV with the head "study,source,at,measure,value"; `at` as in a
/// claim's Where, measure ratio or knn, ratios in percent.  Error naming a bad line.
void set_printed(std::string_view csv);

/// Those of one study, in the order of the table.
std::vector<PrintedRecord> printed_of(std::string_view study);

}  // namespace diffmem
