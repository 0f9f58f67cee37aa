// SPDX-License-Identifier: MIT
#include <diffmem/report/detail/gnuplot.hpp>
#include <diffmem/report/detail/script.hpp>
#include <diffmem/report/detail/svg.hpp>
#include <diffmem/report/detail/text.hpp>

#include <algorithm>

namespace diffmem::report_plot {

using namespace report_text;

Script::Script(std::string_view x_title, std::string_view y_title) {
  line("set border 3 lw 1 lc rgb '{}'", ink);
  line("set tics nomirror out scale 0.5");
  line("set grid ytics lt 1 lw 1 lc rgb '{}'", faint);
  line("set xtics offset 0,0.4");
  line("set ytics offset 0.5,0");
  line("set xlabel {} offset 0,1", gnuplot_quote(x_title));
  line("set label {} at screen 0.035, graph 0.5 center rotate by 90", gnuplot_quote(y_title));
}

void Script::plot(const std::vector<Point>& points, std::string_view style, std::string_view key) {
  head_ += fmt::format("$data{} << EOD\n", plots_.size());
  for (const auto& p : points) head_ += fmt::format("{:.10g} {:.10g} {:.10g} {:.10g}\n", p.x, p.y, p.low, p.high);
  head_ += "EOD\n";
  plots_.push_back(
      fmt::format("$data{} {} {}", plots_.size(), style, key.empty() ? "notitle" : "title " + gnuplot_quote(key)));
  if (!key.empty()) longest_key_ = std::max(longest_key_, columns(one_line(key))), ++keys_;
}

std::string Script::draw(std::string_view name, std::string_view alt) const {
  const std::size_t entry = longest_key_ * letter + 50;
  const std::size_t in_a_row = std::max<std::size_t>(1, plot_area / entry);
  const std::size_t rows = (keys_ + in_a_row - 1) / in_a_row;
  const int key_height = 22 * static_cast<int>(rows), height = plot_height + key_height;
  std::string script =
      fmt::format("set encoding utf8\nset terminal svg noenhanced size {},{} dynamic font 'sans-serif,15' name '{}'\n",
                  plot_width, height, name);
  script += fmt::format("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n", left_edge / double{plot_width},
                        (left_edge + plot_area) / double{plot_width});
  script += fmt::format("set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n", 1 - 15.0 / height,
                        (58.0 + key_height) / height);
  script += rows == 0
                ? "set key off\n"
                : fmt::format(
                      "set key at screen {:.6f}, screen {:.6f} left top Left reverse samplen 1.6 width 1 maxrows {}\n",
                      left_edge / double{plot_width}, (key_height + 6.0) / height, rows);
  script += head_ + "plot ";
  for (std::size_t i = 0; i < plots_.size(); ++i) script += (i ? ", \\\n  " : "") + plots_[i];
  return clean_svg(run_gnuplot(script + "\n"), name, alt);
}

}  // namespace diffmem::report_plot
