// SPDX-License-Identifier: MIT
// How a report spells numbers and names; one spelling for page, table and curves.
#pragma once
#include <diffmem/report/detail/summary.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem::report_text {

inline constexpr std::string_view missing = "–";

/// & < > " ' as entities, control characters other than line breaks and tabs as spaces.
std::string escape(std::string_view text);
/// One line: control characters become spaces; what is not UTF-8 becomes '?'.
std::string one_line(std::string_view text);
/// Code points of UTF-8 text: its columns in a terminal.
std::size_t columns(std::string_view text);

/// At most `longest` columns, cut in the middle: a label ends with the size or the seed, which tells rows apart.
std::string shorten(std::string_view text, std::size_t longest);

std::string number(double value);      ///< three digits that matter: 0.0123, 4.56, 1,234
std::string percent(double fraction);  ///< 97.8, without the sign

/// "92.1 ± 0.8", or the mean alone where there is no deviation, spelled by `spell`.
std::string spread_text(const Spread& spread, std::string (*spell)(double));

/// One field of a CSV line (RFC 4180): quoted where it must be; a number exact, empty where it does not exist.
std::string csv_field(std::string_view text);
std::string csv_field(double value);

/// The run's cell, with its seed where another run has the same cell.
std::string run_label(const ReportRecord& report, const RunRecord& run);
/// True when every run was given the same number of steps rather than epochs.
bool counts_steps(const ReportRecord& report);

}  // namespace diffmem::report_text
