// SPDX-License-Identifier: MIT
// gnuplot as a child process.
#pragma once
#include <string>
#include <string_view>

namespace diffmem {

/// What gnuplot prints when it runs `script` (no shell, no user settings, files in a private temporary folder).
/// Error when it is not installed (the Debian package is named) or when it refuses the script.
std::string run_gnuplot(std::string_view script);

/// Text as a gnuplot string in which nothing is special.
std::string gnuplot_quote(std::string_view text);

}  // namespace diffmem
