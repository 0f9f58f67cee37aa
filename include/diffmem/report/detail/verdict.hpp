// SPDX-License-Identifier: MIT
// Claims and what became of them, in words, for page, gallery and terminal.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>
#include <string_view>

namespace diffmem::report_text {

/// "2 of 3 claims held, 1 undecided at this scale"; "" if there are none.
std::string score(const ReportRecord& report);
/// A sign that tells outcomes apart without colour.
std::string_view sign_of(std::string_view outcome);
/// Outcome as word and sign in a frame of its own, HTML.
std::string verdict(std::string_view outcome);
/// Every claim with its outcome, HTML; with `reasons`, also why and what KNN distances say.  "" if there are none.
std::string claim_list(const ReportRecord& report, bool reasons);

}  // namespace diffmem::report_text
