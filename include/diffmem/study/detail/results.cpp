// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/study/results.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace diffmem {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(at);
    if (const std::string_view part = text.substr(0, end); !part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool among(const std::vector<std::string>& labels, const std::string& label) {
  return std::ranges::find(labels, label) != labels.end();
}

/// Of (axis, X) pairs, the X of an axis; null if it is not there.
template <class X>
const X* find_axis(const std::vector<std::pair<std::string, X>>& list, std::string_view axis) {
  const auto at = std::ranges::find(list, axis, [](const auto& entry) -> std::string_view { return entry.first; });
  return at == list.end() ? nullptr : &at->second;
}

}  // namespace

std::string cell_of(const Result& run, const std::vector<std::string>& without) {
  std::string name;
  for (const auto& [axis, label] : run.at)
    if (!among(without, axis)) name += fmt::format("{}{}={}", name.empty() ? "" : " ", axis, label);
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

Results Results::part(const std::string& axis, const std::string& label) const {
  const auto has = [&](const Listing& at) {
    const std::string* here = find_axis(at, axis);
    return here && *here == label;
  };
  Results some{.axes = axes, .runs = {}};
  for (const Result& run : runs)
    if (has(run.at)) some.runs.push_back(run);
  for (const Spread& spread : spreads)
    if (has(spread.at)) some.spreads.push_back(spread);
  for (GridAxis& a : some.axes)
    std::erase_if(a.labels, [&](const std::string& l) {
      return std::ranges::none_of(some.runs, [&](const Result& run) {
        const std::string* here = find_axis(run.at, a.name);
        return !here || *here == l;  // runs know nothing of axes that are not the grid's, such as "images"
      });
    });
  return some;
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
    const std::string* label = find_axis(place, condition.first);
    return label && among(condition.second, *label);
  });
}

Where Where::operator&(const Where& other) const {
  return text_.empty() ? other : other.text_.empty() ? *this : Where(text_ + " " + other.text_);
}

std::vector<std::string> Where::differing(const Where& other) const {
  std::vector<std::string> axes;
  for (const auto& [mine, theirs] : {std::pair(this, &other), std::pair(&other, this)})
    for (const auto& [axis, labels] : mine->conditions_) {
      const auto* same = find_axis(theirs->conditions_, axis);
      if ((!same || *same != labels) && !among(axes, axis)) axes.push_back(axis);
    }
  return axes;
}

std::string Where::missing(const Results& results) const {
  for (const auto& [axis, wanted] : conditions_) {
    const auto& labels = results.labels(axis);
    if (std::ranges::none_of(wanted, [&](const std::string& label) { return among(labels, label); }))
      return fmt::format("the grid has no {} = {}", axis, fmt::join(wanted, " or "));
  }
  if (std::ranges::none_of(results.runs, *this))
    return fmt::format("the grid has no run of {}", text_.empty() ? "any kind" : text_);
  for (const Result& run : results.runs)
    if ((*this)(run) && !run.finished()) return fmt::format("{}, seed {}, is not finished", cell_of(run), run.seed);
  return "";
}

}  // namespace diffmem
