// SPDX-License-Identifier: MIT
// One page over the reports of many studies.
#pragma once
#include <diffmem/report/records.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace diffmem {

/// A study's report, in the folder `folder` beside the page.
struct IndexRecord {
  std::string folder;
  ReportRecord report;
};

/// Writes `folder`/index.html: of each study the question, the verdicts on its claims, its figure, what it cost, and a link
/// to its report.  Error if the folder cannot be written.
void write_index(const std::vector<IndexRecord>& studies, const std::filesystem::path& folder);

}  // namespace diffmem
