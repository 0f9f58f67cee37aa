// SPDX-License-Identifier: MIT
// The table a terminal shows when a study is done.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>

namespace diffmem {

/// Title, notes, one aligned line per run with its best evaluation (of more than twelve: per cell, mean and standard
/// deviation over training seeds), then the claims with their outcomes and one line per EMM.  UTF-8; the table has about 100
/// columns at most.
std::string text_table(const ReportRecord& report);

}  // namespace diffmem
