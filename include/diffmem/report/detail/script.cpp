// SPDX-License-Identifier: MIT
#include <diffmem/report/detail/gnuplot.hpp>
#include <diffmem/report/detail/script.hpp>
#include <diffmem/report/detail/svg.hpp>
#include <diffmem/report/detail/text.hpp>

#include <algorithm>
#include <cmath>

namespace diffmem::report_plot {

using namespace report_text;

Script::Script(std::string_view x_title, std::string_view y_title) : x_title_(x_title) {
  line("set border 3 lw 1 lc rgb '{}'", ink);
  line("set tics nomirror out scale 0.5");
  line("set grid ytics lt 1 lw 1 lc rgb '{}'", faint);
  line("set xtics offset 0,0.4");
  line("set ytics offset 0.5,0");
  line("set label {} at screen 0.035, graph 0.5 center rotate by 90", gnuplot_quote(y_title));
}

void Script::categories(const std::vector<std::string>& labels) {
  constexpr std::size_t longest = 16;           // letters of one label
  constexpr double slanted = 22, upright = 17;  // pixels from label to label
  std::vector<std::string> texts;
  std::size_t most = 1;
  for (const std::string& label : labels) {
    texts.push_back(shorten(one_line(label), longest));
    most = std::max(most, columns(texts.back()));
  }
  const double room = plot_area / static_cast<double>(std::max<std::size_t>(1, labels.size()));
  const bool level = static_cast<double>((most + 1) * letter) <= room;
  const int angle = level ? 0 : room >= slanted ? 45 : 90;
  const auto step = level ? std::size_t{1} : static_cast<std::size_t>(std::ceil(upright / room));
  if (!level) {
    labels_height_ = static_cast<int>(static_cast<double>(most * letter) * (angle == 45 ? 0.71 : 1)) - letter;
    line("set xtics rotate by {} right", angle);
  }
  std::string tics;
  for (std::size_t i = 0; i < texts.size(); ++i)
    tics += fmt::format("{}{} {}", i ? ", " : "", gnuplot_quote(i % step ? "" : texts[i]), i);
  line("set xrange [-0.5:{}.5]", std::max<std::size_t>(1, labels.size()) - 1);
  line("set xtics ({})", tics);
}

void Script::plot(const std::vector<Point>& points, std::string_view style, std::string_view key) {
  if (!key.empty()) head_ += fmt::format("# {}\n", one_line(key));
  head_ += fmt::format("$data{} << EOD\n", plots_.size());
  for (const auto& p : points) head_ += fmt::format("{:.10g} {:.10g} {:.10g} {:.10g}\n", p.x, p.y, p.low, p.high);
  head_ += "EOD\n";
  plots_.push_back(
      fmt::format("$data{} {} {}", plots_.size(), style, key.empty() ? "notitle" : "title " + gnuplot_quote(key)));
  if (!key.empty()) longest_key_ = std::max(longest_key_, columns(one_line(key))), ++keys_;
}

Plot Script::draw(std::string_view name, std::string_view alt) const {
  const std::size_t entry = longest_key_ * letter + 50;
  const std::size_t in_a_row = std::max<std::size_t>(1, plot_area / entry);
  const std::size_t rows = (keys_ + in_a_row - 1) / in_a_row;
  const int key_height = 22 * static_cast<int>(rows), height = plot_height + key_height + labels_height_;
  const std::string terminal =
      fmt::format("set encoding utf8\nset terminal svg noenhanced size {},{} dynamic font 'sans-serif,15' name '{}'\n",
                  plot_width, height, name);
  std::string script = fmt::format("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n",
                                   left_edge / double{plot_width}, (left_edge + plot_area) / double{plot_width});
  script += fmt::format("set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n", 1 - 15.0 / height,
                        (58.0 + key_height + labels_height_) / height);
  script += fmt::format("set label {} at graph 0.5, screen {:.6f} center\n", gnuplot_quote(x_title_),
                        (18.0 + key_height) / height);
  script += rows == 0
                ? "set key off\n"
                : fmt::format(
                      "set key at screen {:.6f}, screen {:.6f} left top Left reverse samplen 1.6 width 1 maxrows {}\n",
                      left_edge / double{plot_width}, (key_height + 6.0) / height, rows);
  script += head_ + "plot ";
  for (std::size_t i = 0; i < plots_.size(); ++i) script += (i ? ", \\\n  " : "") + plots_[i];
  script += "\n";
  return {clean_svg(run_gnuplot(terminal + script), name, alt),
          fmt::format("# {0}.svg, drawn again by: gnuplot {0}.gp\n# Columns of data: x, y, lower end, upper end.\n"
                      "{1}set output '{0}.svg'\n{2}",
                      name, terminal, script)};
}

}  // namespace diffmem::report_plot
