// SPDX-License-Identifier: MIT
// From records of runs to a study's report: which place each has, the EMMs, the claims, the paper's numbers.
#pragma once
#include <diffmem/report/records.hpp>
#include <diffmem/study/detail/cells.hpp>

#include <map>
#include <string>
#include <vector>

namespace diffmem {

/// Of the runs in `records`, by the name of their folder.
ReportRecord report_of(const StudyGrid& grid, const std::map<std::string, RunRecord>& records, Profile profile,
                       int threads);

/// What claims ask for that the grid does not have, a sentence each: labels of another profile, or misspelt ones.
std::vector<std::string> beyond_grid(const StudyGrid& grid);

}  // namespace diffmem
