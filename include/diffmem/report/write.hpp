// SPDX-License-Identifier: MIT
// A study's results on disk.
#pragma once
#include <diffmem/report/records.hpp>

#include <filesystem>

namespace diffmem {

/// Writes into `folder` (made if missing), each file whole or not at all: results.csv first, then pictures-RUN.png (RUN is
/// the run's name, other characters than letters, digits, '.', '_' and '-' replaced by '_'), ratio, loss, progress and
/// distance, each as .svg and as the .gp that draws it (data inside; `gnuplot ratio.gp`), and report.html last.  Error when
/// gnuplot is missing (results.csv and the pictures are there by then) or the folder cannot be written.
void write_report(const ReportRecord& report, const std::filesystem::path& folder);

}  // namespace diffmem
