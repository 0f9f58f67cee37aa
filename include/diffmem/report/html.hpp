// SPDX-License-Identifier: MIT
// report.html: the whole study in one file that asks nothing of anybody.
#pragma once
#include <diffmem/report/plot.hpp>
#include <diffmem/report/records.hpp>

#include <string>

namespace diffmem {

/// One HTML page: no script, no request (its own security policy forbids both), pictures and curves inside.  Every text of
/// the record is escaped.  Pictures: the first 16 pairs of
/// each cell's first run, of at most twelve cells.
std::string html_report(const ReportRecord& report, const Plots& plots);

}  // namespace diffmem
