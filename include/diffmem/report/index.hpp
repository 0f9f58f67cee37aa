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

/// The gallery of all studies, HTML: of each its figure (FOLDER/ratio.svg, not read here), question, claims with their
/// outcomes, profile, runs, training seeds, time, command, and a link to its report.  Studies without runs are left out.
std::string index_html(const std::vector<IndexRecord>& studies);

/// The same as Markdown, for a page in docs/: links are relative to the folder that the studies' folders are in.  All texts
/// are escaped.
std::string results_markdown(const std::vector<IndexRecord>& studies);

/// Writes `folder`/index.html.  Error if the folder cannot be written.
void write_index(const std::vector<IndexRecord>& studies, const std::filesystem::path& folder);

}  // namespace diffmem
