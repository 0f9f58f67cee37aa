// SPDX-License-Identifier: MIT
// The curves of a study, drawn by gnuplot as SVG.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>

namespace diffmem {

/// Whole SVG files without width and height (they fill the place they are given); "" where nothing was measured yet.
struct Plots {
  std::string ratio;     ///< memorized images (%) against |D|, 95 % bars, the 90 % line and the EMM
  std::string loss;      ///< training loss, one line per run
  std::string progress;  ///< memorized images (%) through training, one line per run
  std::string distance;  ///< KNN distance against |D|
};

/// Draws all four.  Error when gnuplot is missing (Debian package gnuplot-nox) or refuses.
Plots draw_plots(const ReportRecord& report);

}  // namespace diffmem
