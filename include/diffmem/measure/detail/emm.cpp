// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/measure/emm.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem {
namespace {

void expect_series(const std::vector<SizeRatio>& sorted, double level) {
  const auto complain = [](const std::string& got, std::string_view want, std::string_view todo) {
    throw Error("emm", got, want, todo);
  };
  if (!(level > 0 && level <= 1))
    complain(fmt::format("level {}", level), "a number in (0, 1]", "use 0.9 as the paper does");
  if (sorted.empty()) complain("no sizes", "at least one size with its ratio", "train on two sizes or more");
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [size, ratio, interval] = sorted[i];
    if (size < 1) complain(fmt::format("size {}", size), "sizes of at least 1", "check the series");
    if (!(ratio >= 0 && ratio <= 1))
      complain(fmt::format("ratio {} at size {}", ratio, size), "ratios in 0..1", "divide percentages by 100");
    if (i > 0 && sorted[i - 1].size == size)
      complain(fmt::format("size {} twice", size), "each size once", "average the runs of one size first");
  }
}

}  // namespace

Emm estimate_emm(std::vector<SizeRatio> series, double level) {
  std::sort(series.begin(), series.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
  expect_series(series, level);
  const auto memorized = [&](const SizeRatio& s) { return s.ratio >= level; };
  const std::string named = fmt::format("EMM at {:.4g} %", 100 * level);

  Emm emm;
  const auto last = std::find_if(series.rbegin(), series.rend(), memorized);
  if (last == series.rend()) {
    emm.above = series.front().size;
    emm.statement = fmt::format("{}: below the smallest size, {}", named, count_text(emm.above));
  } else if (last->ratio == level) {
    emm.below = emm.above = last->size;
    emm.linear = emm.logarithmic = static_cast<double>(last->size);
    emm.statement = fmt::format("{}: {}, whose ratio equals the level", named, count_text(last->size));
  } else if (last == series.rbegin()) {
    emm.below = last->size;
    emm.statement = fmt::format("{}: above the largest size, {}", named, count_text(emm.below));
  } else {
    const SizeRatio &low = *last, &high = *std::prev(last);
    emm.below = low.size;
    emm.above = high.size;
    const double part = (low.ratio - level) / (low.ratio - high.ratio);
    const double a = static_cast<double>(low.size), b = static_cast<double>(high.size);
    emm.linear = a + part * (b - a);
    emm.logarithmic = a * std::pow(b / a, part);
    emm.statement = fmt::format("{}: {} (linear in N), {} (linear in log N), between sizes {} and {}", named,
                                count_text(std::llround(*emm.linear)), count_text(std::llround(*emm.logarithmic)),
                                count_text(low.size), count_text(high.size));
  }
  const auto rises = std::adjacent_find(series.begin(), series.end(),
                                        [&](const auto& a, const auto& b) { return !memorized(a) && memorized(b); });
  if (rises != series.end())
    emm.statement += fmt::format(
        "; the ratio is not monotone (it rises through the level after size {}), the largest size that "
        "reaches the level counts",
        count_text(rises->size));
  return emm;
}

std::optional<std::int64_t> next_size(const Emm& emm) {
  if (emm.above == 0) return emm.below > 0 ? std::optional(2 * emm.below) : std::nullopt;
  if (emm.below == 0) return emm.above > 1 ? std::optional(emm.above / 2) : std::nullopt;
  if (emm.above - emm.below < 2) return std::nullopt;
  return std::llround(std::sqrt(static_cast<double>(emm.below)) * std::sqrt(static_cast<double>(emm.above)));
}

}  // namespace diffmem
