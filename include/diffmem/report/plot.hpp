// SPDX-License-Identifier: MIT
// The curves of a study, drawn by gnuplot as SVG.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>

namespace diffmem {

/// One drawing; both texts "" where nothing was measured yet.
struct Plot {
  std::string svg;     ///< a whole file without width and height (it fills the place it is given)
  std::string script;  ///< a file for gnuplot, data inside, that writes NAME.svg into the working folder
};

/// The drawings of a study, over |D| or the report's x_labels, or over training time.  Several training seeds of a cell are
/// points with their mean as a line; over time, their mean, with thin lines for a few runs.
struct Plots {
  Plot ratio;     ///< memorized images (%), 95 % bars, the 90 % line; over |D| the EMM and its interval
  Plot loss;      ///< training loss
  Plot progress;  ///< memorized images (%) through training
  Plot distance;  ///< KNN distance
};

/// Draws all four.  Error when gnuplot is missing (Debian package gnuplot-nox) or refuses.
Plots draw_plots(const ReportRecord& report);

}  // namespace diffmem
