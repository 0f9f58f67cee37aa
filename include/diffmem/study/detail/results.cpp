// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/emm.hpp>
#include <diffmem/study/results.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace diffmem {
namespace {

bool matches(std::string_view pattern, std::string_view label) {
  return pattern.ends_with('*') ? label.starts_with(pattern.substr(0, pattern.size() - 1)) : label == pattern;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(at);
    if (const std::string_view part = text.substr(0, end); !part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

double value_of(const Result& run, Measure measure) {
  switch (measure) {
    case Measure::singles: return run.singles;
    case Measure::knn: return run.knn;
    default: return run.ratio;
  }
}

/// A value of each cell and training seed.
using Cells = std::map<std::string, std::map<std::uint64_t, double>>;

Cells cells_of(const Results& results, const Where& where, Measure measure) {
  Cells cells;
  for (const Result& run : results.runs)
    if (where(run)) cells[cell_of(run)][run.seed] = value_of(run, measure);
  return cells;
}

/// Means over cells, one a seed; seeds that lack a cell are left out.
std::vector<double> means_by_seed(const Cells& cells) {
  std::map<std::uint64_t, std::pair<double, std::size_t>> sums;
  for (const auto& [cell, seeds] : cells)
    for (const auto& [seed, value] : seeds) sums[seed].first += value, ++sums[seed].second;
  std::vector<double> means;
  for (const auto& [seed, sum] : sums)
    if (sum.second == cells.size()) means.push_back(sum.first / static_cast<double>(sum.second));
  return means;
}

}  // namespace

std::string cell_of(const Result& run, std::string_view without) {
  std::string name;
  for (const auto& [axis, label] : run.at)
    if (axis != without) name += fmt::format("{}{}={}", name.empty() ? "" : " ", axis, label);
  return name;
}

const std::vector<std::string>& Results::labels(std::string_view axis) const {
  const auto at = std::ranges::find(axes, axis, &GridAxis::name);
  if (at != axes.end()) return at->labels;
  std::vector<std::string> names;
  for (const GridAxis& a : axes) names.push_back(a.name);
  throw Error("claim", fmt::format("an axis \"{}\"", axis), fmt::format("one of {}", fmt::join(names, ", ")),
              "correct the claim");
}

Where::Where(std::string_view text) : text_(text) {
  for (const std::string& part : split(text, ' ')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == part.size())
      throw Error("claim", fmt::format("\"{}\"", part), "AXIS=LABEL", "correct the claim");
    conditions_.emplace_back(part.substr(0, equals), split(std::string_view(part).substr(equals + 1), '|'));
  }
}

bool Where::operator()(const Listing& place) const {
  return std::ranges::all_of(conditions_, [&](const auto& condition) {
    const auto at = std::ranges::find(place, condition.first, &Listing::value_type::first);
    return at != place.end() && std::ranges::any_of(condition.second, [&](const std::string& pattern) {
             return matches(pattern, at->second);
           });
  });
}

Where Where::operator&(const Where& other) const {
  return text_.empty() ? other : other.text_.empty() ? *this : Where(text_ + " " + other.text_);
}

std::string Where::missing(const Results& results) const {
  for (const auto& [axis, patterns] : conditions_) {
    const auto& labels = results.labels(axis);
    for (const std::string& pattern : patterns)
      if (std::ranges::none_of(labels, [&](const std::string& label) { return matches(pattern, label); }))
        return fmt::format("the grid has no {} = {}", axis, pattern);
  }
  if (std::ranges::none_of(results.runs, *this))
    return fmt::format("no run of {} is finished", text_.empty() ? "any kind" : text_);
  return "";
}

std::vector<double> seed_means(const Results& results, const Where& where, Measure measure) {
  return means_by_seed(cells_of(results, where, measure));
}

std::vector<double> seed_spreads(const Results& results, const Where& where, Measure measure) {
  Cells cells = cells_of(results, where, measure);
  const double n = static_cast<double>(cells.size());
  if (n < 2) return {};
  std::map<std::uint64_t, double> means;
  for (auto& [cell, seeds] : cells)
    for (auto& [seed, value] : seeds) means[seed] += value / n;
  for (auto& [cell, seeds] : cells)
    for (auto& [seed, value] : seeds) value = (value - means[seed]) * (value - means[seed]) * n / (n - 1);
  std::vector<double> spreads = means_by_seed(cells);
  for (double& s : spreads) s = std::sqrt(s);
  return spreads;
}

std::vector<double> seed_emms(const Results& results, const Where& where) {
  std::map<std::string, std::map<std::uint64_t, std::vector<SizeRatio>>> curves;
  for (const Result& run : results.runs) {
    if (!where(run)) continue;
    const auto size = std::ranges::find(run.at, "size", &Listing::value_type::first);
    curves[cell_of(run, "size")][run.seed].push_back({std::stoll(size->second), run.ratio});
  }
  Cells cells;
  const std::size_t sizes = results.labels("size").size();
  for (const auto& [curve, seeds] : curves)
    for (const auto& [seed, points] : seeds) {
      if (points.size() != sizes) continue;
      const Emm emm = estimate_emm(points);
      const auto [least, most] = std::ranges::minmax(points, {}, &SizeRatio::size);
      const double nearest = static_cast<double>(emm.below == 0 ? least.size : most.size);
      cells[curve][seed] = std::log2(emm.logarithmic.value_or(nearest));
    }
  return means_by_seed(cells);
}

}  // namespace diffmem
