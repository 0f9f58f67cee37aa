// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/gnuplot.hpp>
#include <diffmem/report/detail/script.hpp>
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

constexpr std::size_t most_named_runs = 8;  // more runs than this are coloured by series

/// One curve: its points, what the key calls it ("" for nothing), and its colour's place in the palette.
struct Curve {
  std::vector<Point> points;
  std::string name;
  std::size_t colour = 0;
};

std::string_view colour_of(std::size_t index) { return palette[index % palette.size()]; }
std::size_t dash_of(std::size_t index) { return 1 + index / palette.size() % 4; }

/// A base-2 axis over training-set sizes with a tick at each size that has room for its number.
void size_axis(Script& script, const std::set<double>& sizes) {
  const double low = *sizes.begin() / 1.3, high = *sizes.rbegin() * 1.3;
  script.line("set logscale x 2");
  script.line("set xrange [{:.10g}:{:.10g}]", low, high);
  std::string tics;
  double free_from = -1e9;
  for (const double size : sizes) {
    const std::string text = count_text(static_cast<std::int64_t>(size));
    const double at = plot_area * std::log(size / low) / std::log(high / low),
                 half = letter * static_cast<double>(text.size()) / 2;
    const bool room = at - half > free_from;
    if (room) free_from = at + half + letter;
    tics += fmt::format("{}{} {:.10g}", tics.empty() ? "" : ", ", gnuplot_quote(room ? text : ""), size);
  }
  script.line("set xtics ({})", tics);
}

void percent_axis(Script& script) {
  script.line("set yrange [0:100]");
  script.line("set ytics 20");
  script.line("set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '{}'", ink);
}

/// Measures of each series over |D|; `value` turns an evaluation into a point's y, low and high.
template <class Value>
std::vector<Curve> curves_over_size(const ReportRecord& report, Value&& value) {
  std::vector<Curve> curves;
  for (const auto& name : series_names(report)) {
    Curve curve{{}, name, curves.size()};
    for (const auto& run : report.runs) {
      const auto* best = best_of(run.evaluations);
      if (run.series != name || !best || run.size < 1) continue;
      Point point = value(*best);
      point.x = static_cast<double>(run.size);
      if (std::isfinite(point.y)) curve.points.push_back(point);
    }
    std::ranges::stable_sort(curve.points, {}, &Point::x);
    curves.push_back(std::move(curve));
  }
  return curves;
}

std::set<double> sizes_of(const std::vector<Curve>& curves) {
  std::set<double> sizes;
  for (const auto& curve : curves)
    for (const auto& point : curve.points) sizes.insert(point.x);
  return sizes;
}

/// One point per size: the mean over runs (seeds) of that size.
std::vector<Point> means(const std::vector<Point>& points) {
  std::map<double, std::pair<double, int>> sums;
  for (const auto& p : points) sums[p.x].first += p.y, ++sums[p.x].second;
  std::vector<Point> out;
  out.reserve(sums.size());
  for (const auto& [x, sum] : sums) out.push_back({x, sum.first / sum.second});
  return out;
}

/// Lines through the means, then every run as a point with its bar.
void plot_over_size(Script& script, const std::vector<Curve>& curves, bool bars) {
  for (const auto& curve : curves) {
    if (curve.points.empty()) continue;
    const auto colour = colour_of(curve.colour);
    const std::size_t shape = std::array<std::size_t, 5>{7, 5, 9, 13, 11}[curve.colour % 5];
    script.plot(means(curve.points),
                fmt::format("using 1:2 with lines lw 2.5 dt {} lc rgb '{}'", dash_of(curve.colour), colour), "");
    if (bars)
      script.plot(curve.points,
                  fmt::format("using 1:2:3:4 with yerrorbars pt {} ps 0.9 lw 1.5 lc rgb '{}'", shape, colour), "");
    script.plot(curve.points, fmt::format("using 1:2 with points pt {} ps 0.9 lc rgb '{}'", shape, colour),
                curves.size() > 1 ? (curve.name.empty() ? "other" : curve.name) : "");
  }
}

/// A foot from the 90 % line down to the axis for every EMM, with its number beside it: the leftmost's on its left, where
/// all curves are high, if there is room.
void mark_emms(Script& script, const ReportRecord& report, const std::set<double>& sizes) {
  const auto names = series_names(report);
  std::vector<const EmmRecord*> emms;
  for (const auto& emm : report.emms)
    if (emm.linear && *emm.linear > 0) emms.push_back(&emm);
  std::ranges::stable_sort(emms, {}, [](const EmmRecord* emm) { return *emm->linear; });
  const double low = *sizes.begin() / 1.3, high = *sizes.rbegin() * 1.3;
  for (std::size_t i = 0; i < emms.size(); ++i) {
    const double at = *emms[i]->linear;
    const auto colour = colour_of(static_cast<std::size_t>(std::ranges::find(names, emms[i]->series) - names.begin()));
    const std::string text = "EMM " + number(at);
    const bool left = i == 0 && plot_area * std::log(at / low) / std::log(high / low) >
                                    letter * static_cast<double>(columns(text) + 1);
    script.line("set arrow from {0:.10g},0 to {0:.10g},90 nohead dt 3 lw 2 lc rgb '{1}'", at, colour);
    script.line("set label '{}' at {:.10g},{} {} offset {},0 tc rgb '{}' front", text, at, 6 + 9 * i,
                left ? "right" : "left", left ? -0.8 : 0.8, colour);
    script.plot({{at, 90}}, fmt::format("using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '{}'", colour), "");
  }
}

std::string ratio_plot(const ReportRecord& report) {
  const auto curves = curves_over_size(report, [](const Evaluation& e) {
    return Point{0, 100 * e.ratio, 100 * std::clamp(e.low, 0.0, 1.0), 100 * std::clamp(e.high, 0.0, 1.0)};
  });
  const auto sizes = sizes_of(curves);
  if (sizes.empty()) return "";
  Script script("training images |D|, log axis", "memorized images, %");
  size_axis(script, sizes);
  percent_axis(script);
  script.line("set label '90 %' at graph 1, first 94.5 right");
  plot_over_size(script, curves, true);
  mark_emms(script, report, sizes);

  std::string alt = "Memorized share of generated images against the number of training images.";
  for (const auto& curve : curves)
    for (const auto& p : curve.points)
      alt += fmt::format(" {}{} images: {} %.", curve.name.empty() ? "" : curve.name + ", ",
                         count_text(static_cast<std::int64_t>(p.x)), percent(p.y / 100));
  for (const auto& emm : report.emms) alt += " " + emm.statement;
  return script.draw("ratio", alt);
}

std::string distance_plot(const ReportRecord& report) {
  const auto curves = curves_over_size(report, [](const Evaluation& e) { return Point{0, e.knn_distance}; });
  const auto sizes = sizes_of(curves);
  if (sizes.empty()) return "";
  Script script("training images |D|, log axis", "KNN distance, grey levels");
  size_axis(script, sizes);
  script.line("set yrange [0:*]");
  plot_over_size(script, curves, false);

  std::string alt =
      "Mean distance from a generated image to its nearest training image against the number of training images.";
  for (const auto& curve : curves)
    for (const auto& p : curve.points)
      alt += fmt::format(" {}{} images: {}.", curve.name.empty() ? "" : curve.name + ", ",
                         count_text(static_cast<std::int64_t>(p.x)), number(p.y));
  return script.draw("distance", alt);
}

/// One curve per run over training time; named by run, or by series when there are many runs.
template <class Points>
std::vector<Curve> curves_over_time(const ReportRecord& report, Points&& points) {
  const auto names = series_names(report);
  const bool by_run = report.runs.size() <= most_named_runs || names.size() == 1;
  std::vector<Curve> curves;
  std::set<std::size_t> named;
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const auto& run = report.runs[i];
    const auto series = static_cast<std::size_t>(std::ranges::find(names, run.series) - names.begin());
    Curve curve{points(run), "", by_run ? i : series};
    if (curve.points.empty()) continue;
    if (by_run)
      curve.name = run_label(report, run);
    else if (named.insert(series).second)
      curve.name = run.series.empty() ? "other" : run.series;
    curves.push_back(std::move(curve));
  }
  return curves;
}

/// Sets the time axis and returns what a value in steps or epochs is divided by.
double time_axis(Script& script, const std::vector<Curve>& curves, std::string_view unit) {
  double last = 0;
  for (const auto& curve : curves)
    for (const auto& p : curve.points) last = std::max(last, p.x);
  const double divisor = last >= 10'000 ? 1000 : 1;
  script.line("set xlabel '{}{}' offset 0,1.2", unit, divisor > 1 ? ", thousands" : "");
  script.line("set xrange [0:{:.10g}]", last > 0 ? last / divisor : 1.0);
  script.line("set xtics {:.10g}", [&] {  // about five ticks at 1, 2 or 5 times a power of ten
    const double rough = std::max(last / divisor, 1e-9) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    return power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
  }());
  return divisor;
}

void scale_time(std::vector<Curve>& curves, double divisor) {
  for (auto& curve : curves)
    for (auto& p : curve.points) p.x /= divisor;
}

void plot_over_time(Script& script, const std::vector<Curve>& curves, bool points) {
  for (const auto& curve : curves)
    script.plot(curve.points,
                fmt::format("using 1:2 with {} lw 2 dt {} lc rgb '{}'", points ? "linespoints pt 7 ps 0.5" : "lines",
                            dash_of(curve.colour), colour_of(curve.colour)),
                curves.size() > 1 ? curve.name : "");
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

std::string loss_plot(const ReportRecord& report) {
  const bool steps = counts_steps(report);
  auto curves = curves_over_time(report, [&](const RunRecord& run) { return loss_points(run, steps); });
  if (curves.empty()) return "";
  Script script("", "training loss, log axis");
  scale_time(curves, time_axis(script, curves, steps ? "steps" : "epochs"));
  loss_axis(script, curves);
  plot_over_time(script, curves, false);

  std::string alt = "Training loss of each run.";
  for (const auto& run : report.runs)
    if (const auto points = loss_points(run, steps); !points.empty())
      alt +=
          fmt::format(" {}: from {} to {}.", run_label(report, run), number(points.front().y), number(points.back().y));
  return script.draw("loss", alt);
}

std::string progress_plot(const ReportRecord& report) {
  const bool steps = counts_steps(report);
  auto curves = curves_over_time(report, [&](const RunRecord& run) {
    std::vector<Point> out;
    for (const auto& e : run.evaluations)
      if (std::isfinite(e.ratio)) out.push_back({steps ? static_cast<double>(e.step) : e.epoch, 100 * e.ratio});
    return out;
  });
  if (curves.empty()) return "";
  Script script("", "memorized images, %");
  scale_time(curves, time_axis(script, curves, steps ? "steps" : "epochs"));
  percent_axis(script);
  plot_over_time(script, curves, true);

  std::string alt = "Memorized share of generated images through training.";
  for (const auto& run : report.runs)
    if (const auto* best = best_of(run.evaluations))
      alt += fmt::format(" {}: highest {} %.", run_label(report, run), percent(best->ratio));
  return script.draw("progress", alt);
}

}  // namespace

Plots draw_plots(const ReportRecord& report) {
  return {ratio_plot(report), loss_plot(report), progress_plot(report), distance_plot(report)};
}

}  // namespace diffmem
