// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/gnuplot.hpp>
#include <diffmem/report/detail/script.hpp>
#include <diffmem/report/detail/summary.hpp>
#include <diffmem/report/detail/svg.hpp>
#include <diffmem/report/detail/text.hpp>
#include <diffmem/report/plot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diffmem {
namespace {

using namespace report_text;
using namespace report_plot;

constexpr std::size_t most_named_cells = 12;  // more cells than this are coloured by series
constexpr std::size_t most_thin_lines = 30;   // more runs than this are shown by their means alone
constexpr std::size_t most_emm_numbers = 6;   // more than this are marked without their numbers
constexpr std::size_t longest_key = 34;       // columns

/// One curve: its points, what the key calls it ("" for nothing), its colour's place in the palette, its dashes.
struct Curve {
  std::vector<Point> points;
  std::string name;
  std::size_t colour = 0, dash = 1;
};

std::string_view colour_of(std::size_t index) { return palette[index % palette.size()]; }
std::size_t dash_of(std::size_t index) { return 1 + index / palette.size() % 4; }
std::string key_of(std::string_view name) { return name.empty() ? "other" : shorten(one_line(name), longest_key); }

/// The axis under the figures of finished runs: |D| on a base-2 scale, or the report's labels at equal distances.
class PlaceAxis {
 public:
  PlaceAxis(const ReportRecord& report, const std::vector<Curve>& curves) : labels_(report.x_labels) {
    for (const auto& curve : curves)
      for (const auto& point : curve.points) places_.insert(point.x);
    if (over_sizes() && !places_.empty()) low_ = *places_.begin() / 1.3, high_ = *places_.rbegin() * 1.3;
  }

  bool empty() const { return places_.empty(); }
  bool over_sizes() const { return labels_.empty(); }
  double low() const { return low_; }
  double high() const { return high_; }
  /// Pixels from the left end of the axis over sizes.
  double pixels(double size) const { return plot_area * std::log(size / low_) / std::log(high_ / low_); }

  void draw(Script& script) const {
    if (!over_sizes()) {
      script.categories(labels_);
      return;
    }
    script.line("set logscale x 2");
    script.line("set xrange [{:.10g}:{:.10g}]", low_, high_);
    std::string tics;  // at each size, with its number where there is room
    double free_from = -1e9;
    for (const double size : places_) {
      const std::string text = count_text(static_cast<std::int64_t>(size));
      const double at = pixels(size), half = letter * static_cast<double>(text.size()) / 2;
      const bool room = at - half > free_from;
      if (room) free_from = at + half + letter;
      tics += fmt::format("{}{} {:.10g}", tics.empty() ? "" : ", ", gnuplot_quote(room ? text : ""), size);
    }
    script.line("set xtics ({})", tics);
  }

  /// A place in words: "1,000 images", "decay 0.01".
  std::string spell(double x) const {
    return over_sizes() ? count_text(static_cast<std::int64_t>(x)) + " images" : labels_[static_cast<std::size_t>(x)];
  }

 private:
  const std::vector<std::string>& labels_;
  std::set<double> places_;
  double low_ = 0, high_ = 0;
};

void percent_axis(Script& script) {
  script.line("set yrange [0:100]");
  script.line("set ytics (0, 20, 40, 60, 80, 90, 100)");
  script.line("set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '{}'", ink);
}

/// Measures of each series over the places; `value` turns an evaluation into a point's y, low and high.
template <class Value>
std::vector<Curve> curves_over_places(const ReportRecord& report, Value&& value) {
  std::vector<Curve> curves;
  for (const auto& name : series_names(report)) {
    Curve curve{{}, name, curves.size(), dash_of(curves.size())};
    for (const auto& run : report.runs) {
      const auto* best = best_of(run.evaluations);
      const double x = report.x_labels.empty() ? static_cast<double>(run.size) : run.x;
      const bool on_axis = report.x_labels.empty() ? x >= 1 : x >= 0 && x < static_cast<double>(report.x_labels.size());
      if (run.series != name || !best || !on_axis) continue;
      Point point = value(*best);
      point.x = x;
      if (std::isfinite(point.y)) curve.points.push_back(point);
    }
    std::ranges::stable_sort(curve.points, {}, &Point::x);
    curves.push_back(std::move(curve));
  }
  return curves;
}

/// One point per place: the mean over the runs that are there.
std::vector<Point> means(const std::vector<Point>& points) {
  std::map<double, std::pair<double, int>> sums;
  for (const auto& p : points) sums[p.x].first += p.y, ++sums[p.x].second;
  std::vector<Point> out;
  out.reserve(sums.size());
  for (const auto& [x, sum] : sums) out.push_back({x, sum.first / sum.second});
  return out;
}

/// Lines through the means, then every run as a point with its bar; over labels, curves stand side by side.
void plot_over_places(Script& script, std::vector<Curve> curves, bool side_by_side, bool bars) {
  const auto n = static_cast<double>(curves.size());
  for (auto& curve : curves) {
    if (curve.points.empty()) continue;
    if (side_by_side)
      for (auto& p : curve.points) p.x += (static_cast<double>(curve.colour) - (n - 1) / 2) * std::min(0.12, 0.6 / n);
    const auto colour = colour_of(curve.colour);
    const std::size_t shape = std::array<std::size_t, 5>{7, 5, 9, 13, 11}[curve.colour % 5];
    script.plot(means(curve.points), fmt::format("using 1:2 with lines lw 2.5 dt {} lc rgb '{}'", curve.dash, colour),
                "");
    if (bars)
      script.plot(curve.points,
                  fmt::format("using 1:2:3:4 with yerrorbars pt {} ps 0.7 lw 1.2 lc rgb '{}'", shape, colour), "");
    script.plot(curve.points, fmt::format("using 1:2 with points pt {} ps 0.7 lc rgb '{}'", shape, colour),
                curves.size() > 1 ? key_of(curve.name) : "");
  }
}

/// A foot from the 90 % line down to the axis for every EMM, with its 95 % interval and its number; the leftmost's on its
/// left, where all curves are high, if there is room.
void mark_emms(Script& script, const ReportRecord& report, const PlaceAxis& axis) {
  const auto names = series_names(report);
  std::vector<const EmmRecord*> emms;
  for (const auto& emm : report.emms)
    if (emm.logarithmic && *emm.logarithmic > 0) emms.push_back(&emm);
  std::ranges::stable_sort(emms, {}, [](const EmmRecord* emm) { return *emm->logarithmic; });
  for (std::size_t i = 0; i < emms.size(); ++i) {
    const double at = *emms[i]->logarithmic, height = 6 + 9 * static_cast<double>(i % most_emm_numbers);
    const auto colour = colour_of(static_cast<std::size_t>(std::ranges::find(names, emms[i]->series) - names.begin()));
    script.line("set arrow from {0:.10g},0 to {0:.10g},90 nohead dt 3 lw 2 lc rgb '{1}'", at, colour);
    if (emms.size() <= most_emm_numbers) {
      const std::string text = "EMM " + number(at);
      const bool left = i == 0 && axis.pixels(at) > letter * static_cast<double>(columns(text) + 1);
      script.line("set label '{}' at {:.10g},{} {} offset {},0 tc rgb '{}' front", text, at, height,
                  left ? "right" : "left", left ? -0.8 : 0.8, colour);
    }
    script.plot({{at, 90}}, fmt::format("using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '{}'", colour), "");
    if (emms[i]->low > 0 || std::isfinite(emms[i]->high))
      script.plot(
          {{at, height - 4, std::clamp(emms[i]->low, axis.low(), at), std::clamp(emms[i]->high, at, axis.high())}},
          fmt::format("using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '{}'", colour), "");
  }
}

/// What a figure shows, place by place, for those who cannot see it.
template <class Spell>
std::string told(const std::vector<Curve>& curves, const PlaceAxis& axis, Spell&& spell) {
  std::string text;
  for (const auto& curve : curves)
    for (const auto& p : means(curve.points))
      text += fmt::format(" {}{}: {}.", curve.name.empty() ? "" : curve.name + ", ", axis.spell(p.x), spell(p.y));
  return text;
}

Script over_places(const ReportRecord& report, std::string_view y_title) {
  return {report.x_title + (report.x_labels.empty() ? ", log axis" : ""), y_title};
}

Plot ratio_plot(const ReportRecord& report) {
  const auto curves = curves_over_places(report, [](const Evaluation& e) {
    return Point{0, 100 * e.ratio, 100 * std::clamp(e.low, 0.0, 1.0), 100 * std::clamp(e.high, 0.0, 1.0)};
  });
  const PlaceAxis axis(report, curves);
  if (axis.empty()) return {};
  Script script = over_places(report, "memorized images, %");
  axis.draw(script);
  percent_axis(script);
  plot_over_places(script, curves, !axis.over_sizes(), true);
  if (axis.over_sizes()) mark_emms(script, report, axis);

  std::string alt = fmt::format("Memorized share of generated images over {}.", report.x_title) +
                    told(curves, axis, [](double y) { return percent(y / 100) + " %"; });
  for (const auto& emm : report.emms) alt += " " + emm.statement;
  return script.draw("ratio", alt);
}

Plot distance_plot(const ReportRecord& report) {
  const auto curves = curves_over_places(report, [](const Evaluation& e) { return Point{0, e.knn_distance}; });
  const PlaceAxis axis(report, curves);
  if (axis.empty()) return {};
  Script script = over_places(report, "KNN distance, grey levels");
  axis.draw(script);
  script.line("set yrange [0:*]");
  plot_over_places(script, curves, !axis.over_sizes(), false);
  return script.draw(
      "distance",
      fmt::format("Mean distance from a generated image to its nearest training image over {}.", report.x_title) +
          told(curves, axis, number));
}

/// Curves over training time.
struct TimeCurves {
  std::vector<Curve> means;  ///< one a cell, named by it, or by series when there are many cells
  std::vector<Curve> runs;   ///< one a run, where cells have several and all are few
};
template <class Points>
TimeCurves curves_over_time(const ReportRecord& report, Points&& points) {
  const auto names = series_names(report);
  const auto cells = cells_of(report);
  const bool by_cell = cells.size() <= most_named_cells;
  TimeCurves curves;
  std::vector<std::size_t> seen(names.size());  // cells of each series
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const RunRecord& first = *cells[i].runs[0];
    const auto series = static_cast<std::size_t>(std::ranges::find(names, first.series) - names.begin());
    // A series has one colour in all figures; its cells differ by dashes.  Of one series, the cells have the colours.
    Curve mean{{}, "", series, by_cell ? 1 + seen[series] % 5 : dash_of(series)};
    if (names.size() == 1 && by_cell) mean.colour = i, mean.dash = dash_of(i);
    const bool first_of_series = seen[series]++ == 0;
    for (const RunRecord* run : cells[i].runs) {
      std::vector<Point> own = points(*run);
      mean.points.insert(mean.points.end(), own.begin(), own.end());
      if (cells[i].runs.size() > 1 && report.runs.size() <= most_thin_lines && !own.empty())
        curves.runs.push_back({std::move(own), "", mean.colour, mean.dash});
    }
    if (mean.points.empty()) continue;
    mean.points = means(mean.points);
    if (by_cell)
      mean.name = key_of(first.cell);
    else if (names.size() > 1 && first_of_series)
      mean.name = key_of(first.series);
    curves.means.push_back(std::move(mean));
  }
  return curves;
}

/// Sets the time axis, and divides all times by what stands in its title.
void time_axis(Script& script, TimeCurves& curves, std::string_view unit) {
  double last = 0;
  for (const auto& curve : curves.means)
    for (const auto& p : curve.points) last = std::max(last, p.x);
  const double divisor = last >= 10'000 ? 1000 : 1;
  script.x_title(fmt::format("{}{}", unit, divisor > 1 ? ", thousands" : ""));
  script.line("set xrange [0:{:.10g}]", last > 0 ? last / divisor : 1.0);
  script.line("set xtics {:.10g}", [&] {  // about five ticks at 1, 2 or 5 times a power of ten
    const double rough = std::max(last / divisor, 1e-9) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    return power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
  }());
  for (auto* group : {&curves.means, &curves.runs})
    for (auto& curve : *group)
      for (auto& p : curve.points) p.x /= divisor;
}

void plot_over_time(Script& script, const TimeCurves& curves, bool evaluations) {
  if (evaluations)
    for (const auto& run : curves.runs)
      script.plot(run.points, fmt::format("using 1:2 with lines lw 0.6 lc rgb '{}'", colour_of(run.colour)), "");
  const bool thin = curves.means.size() > most_named_cells;
  for (const auto& curve : curves.means)
    script.plot(
        curve.points,
        fmt::format("using 1:2 with {} lw {} dt {} lc rgb '{}'", evaluations ? "linespoints pt 7 ps 0.5" : "lines",
                    thin ? 1 : 2, curve.dash, colour_of(curve.colour)),
        curves.means.size() > 1 ? curve.name : "");
}

/// Ticks of a logarithmic loss axis: 1, 2 and 5 times powers of ten, only the powers over more than two decades.
void loss_axis(Script& script, const std::vector<Curve>& curves) {
  double low = 1e300, high = 0;
  for (const auto& curve : curves)
    for (const auto& p : curve.points) low = std::min(low, p.y), high = std::max(high, p.y);
  low /= 1.15, high *= 1.15;
  script.line("set logscale y");
  script.line("set yrange [{:.10g}:{:.10g}]", low, high);
  std::string tics;
  for (int exponent = static_cast<int>(std::floor(std::log10(low))); exponent <= std::ceil(std::log10(high));
       ++exponent)
    for (const int mantissa : {1, 2, 3, 5, 7}) {
      const double ratio = high / low;
      if ((ratio > 100 && mantissa > 1) || (ratio > 10 && (mantissa == 3 || mantissa == 7))) continue;
      const double tic = mantissa * std::pow(10, exponent);
      tics += fmt::format("{}'{:.3g}' {:.10g}", tics.empty() ? "" : ", ", tic, tic);
    }
  script.line("set ytics ({})", tics);
}

/// At most 150 points, each the mean of its stretch: single steps are too noisy to compare runs.
std::vector<Point> loss_points(const RunRecord& run, bool steps) {
  const std::size_t n = run.losses.size(), most = 150, stretch = std::max<std::size_t>(1, (n + most - 1) / most);
  std::vector<Point> out;
  for (std::size_t from = 0; from < n; from += stretch) {
    Point mean;
    std::size_t used = 0;
    for (std::size_t i = from; i < std::min(n, from + stretch); ++i) {
      const auto& p = run.losses[i];
      if (!std::isfinite(p.loss) || !(p.loss > 0)) continue;
      mean.x += steps ? static_cast<double>(p.step) : p.epoch;
      mean.y += p.loss;
      ++used;
    }
    if (used > 0) out.push_back({mean.x / static_cast<double>(used), mean.y / static_cast<double>(used)});
  }
  return out;
}

Plot loss_plot(const ReportRecord& report) {
  const bool steps = counts_steps(report);
  auto curves = curves_over_time(report, [&](const RunRecord& run) { return loss_points(run, steps); });
  if (curves.means.empty()) return {};
  Script script("", "training loss, log axis");
  time_axis(script, curves, steps ? "steps" : "epochs");
  loss_axis(script, curves.means);
  plot_over_time(script, curves, false);

  std::string alt = "Training loss.";
  for (const auto& curve : curves.means)
    alt += fmt::format(" {}from {} to {}.", curve.name.empty() ? "" : curve.name + ": ", number(curve.points.front().y),
                       number(curve.points.back().y));
  return script.draw("loss", alt);
}

Plot progress_plot(const ReportRecord& report) {
  const bool steps = counts_steps(report);
  auto curves = curves_over_time(report, [&](const RunRecord& run) {
    std::vector<Point> out;
    for (const auto& e : run.evaluations)
      if (std::isfinite(e.ratio)) out.push_back({steps ? static_cast<double>(e.step) : e.epoch, 100 * e.ratio});
    return out;
  });
  if (curves.means.empty()) return {};
  Script script("", "memorized images, %");
  time_axis(script, curves, steps ? "steps" : "epochs");
  percent_axis(script);
  plot_over_time(script, curves, true);

  std::string alt = "Memorized share of generated images through training.";
  for (const auto& cell : cells_of(report))
    if (cell.ratio.n > 0) alt += fmt::format(" {}: highest {} %.", cell.runs[0]->cell, percent(cell.ratio.mean));
  return script.draw("progress", alt);
}

}  // namespace

Plots draw_plots(const ReportRecord& report) {
  return {ratio_plot(report), loss_plot(report), progress_plot(report), distance_plot(report)};
}

}  // namespace diffmem
