// SPDX-License-Identifier: MIT
// A gnuplot drawing in the manner of our reports.
#pragma once
#include <diffmem/report/plot.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem::report_plot {

constexpr int plot_width = 480, plot_height = 330;  // drawn this small so that letters stay legible on a phone
constexpr int letter = 9;                           // pixels of that drawing: about one character,
constexpr int left_edge = 72, plot_area = 385;      // where the axis begins, and its length

struct Point {
  double x = 0, y = 0, low = 0, high = 0;
};

/// A gnuplot script under construction: data blocks and settings first, the plot command last.
class Script {
 public:
  Script(std::string_view x_title, std::string_view y_title);

  template <class... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    head_ += fmt::format(text, std::forward<Args>(args)...) + "\n";
  }

  void x_title(std::string_view text) { x_title_ = text; }

  /// Labels at equal distances under the axis, its whole length: level if all have room, else slanted or upright, and only
  /// every second, third ... if there are too many for that.
  void categories(const std::vector<std::string>& labels);

  /// Plots `points` (columns x y low high) in the manner of `style`; `key` is its name in the key, "" for none.
  void plot(const std::vector<Point>& points, std::string_view style, std::string_view key);

  /// Draws it, with the key below the axis and the height it needs.
  Plot draw(std::string_view name, std::string_view alt) const;

 private:
  std::string head_, x_title_;
  int labels_height_ = 0;  ///< of the labels under the axis, beyond one line
  std::vector<std::string> plots_;
  std::size_t longest_key_ = 0, keys_ = 0;
};

}  // namespace diffmem::report_plot
