// SPDX-License-Identifier: MIT
// The table a terminal shows when a study is done.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>

namespace diffmem {

/// Title, notes, one aligned line per run with its best evaluation, then one line per EMM; UTF-8, at most 100 columns
/// as long as notes and statements are.
std::string text_table(const ReportRecord& report);

}  // namespace diffmem
