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

/// The same as Markdown; `folders`/FOLDER is where the page finds a study's figure and numbers.  All texts are escaped.
std::string results_markdown(const std::vector<IndexRecord>& studies, const std::string& folders = ".");

/// Writes each study's part of the page, `folder`/FOLDER/section.html, and `folder`/index.html of all parts that are there,
/// those of earlier calls, too.  Error if the folder cannot be written.
void write_index(const std::vector<IndexRecord>& studies, const std::filesystem::path& folder);

/// Small files to keep, in docs/ say: copies each study's figures and numbers (.svg, .gp and .csv in `reports`/FOLDER) to
/// `folder`/results/FOLDER, and writes `folder`/results.md, where a section of a study takes the place of the one it had;
/// other sections, and what is before the first, stay.  Error if a file cannot be read or written.
void publish_results(const std::vector<IndexRecord>& studies, const std::filesystem::path& reports,
                     const std::filesystem::path& folder);

}  // namespace diffmem
