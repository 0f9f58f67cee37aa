// SPDX-License-Identifier: MIT
#include <diffmem/measure/interval.hpp>
#include <diffmem/study/claim.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace diffmem::claim {
namespace {

using Values = std::vector<double>;
/// Values of the selected runs, one a training seed, larger for more memorization.
using Sample = std::function<Values(const Results&, const Where&)>;
/// A number of such values for people.
using Spell = std::string (*)(double value);

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string spell_ratio(double value) { return fmt::format("{:.1f} %", 100 * value); }
std::string spell_knn(double value) { return fmt::format("{:.2f} grey levels", -value); }
std::string spell_emm(double value) { return fmt::format("{:.0f} images", std::exp2(value)); }

/// How a measure is sampled and spelled.
struct Scale {
  Sample sample;
  Spell spell;
  double unit = 1;  ///< of differences
  std::string_view unit_name;
};

Scale scale_of(Measure measure) {
  if (measure == Measure::ratio)
    return {[](const Results& r, const Where& w) { return seed_means(r, w, Measure::ratio); }, spell_ratio, 100,
            "points"};
  return {[](const Results& r, const Where& w) {
            Values values = seed_means(r, w, Measure::knn);
            for (double& v : values) v = -v;
            return values;
          },
          spell_knn, 1, "grey levels"};
}
const Scale& spread_scale() {
  static const Scale scale{[](const Results& r, const Where& w) { return seed_spreads(r, w, Measure::ratio); },
                           spell_ratio, 100, "points"};
  return scale;
}
const Scale& emm_scale() {
  static const Scale scale{seed_emms, spell_emm, 1, "doublings"};
  return scale;
}

Verdict undecided(std::string reason) { return {Outcome::undecided, std::move(reason)}; }

/// Why there is nothing to test, if so.
std::optional<Verdict> too_little(const Results& results, const Where& where, const Values& values) {
  if (std::string gap = where.missing(results); !gap.empty()) return undecided(std::move(gap));
  if (values.empty()) return undecided(fmt::format("no training seed has finished all of {}", where.text()));
  return std::nullopt;
}

/// a - b with its interval, on the scale's unit, and the side of 0 on which that lies.
struct Difference {
  double middle = 0;
  Interval interval;
  Outcome more = Outcome::undecided;  ///< of "a is more"
};
Difference difference(const Values& a, const Values& b) {
  Difference d{mean(a) - mean(b), welch_interval(a, b), Outcome::undecided};
  if (d.interval.low > 0) d.more = Outcome::held;
  if (d.interval.high < 0) d.more = Outcome::not_held;
  return d;
}

std::string spell(const Difference& d, const Scale& scale, const Values& a, const Values& b) {
  std::string text = fmt::format("{} against {}", scale.spell(mean(a)), scale.spell(mean(b)));
  if (!std::isfinite(d.interval.low)) return text + "; one training seed decides nothing (--seeds 3)";
  return fmt::format("{}: {:+.2f} {} [{:+.2f}, {:+.2f}], {} training seeds", text, scale.unit * d.middle,
                     scale.unit_name, scale.unit * d.interval.low, scale.unit * d.interval.high,
                     std::min(a.size(), b.size()));
}

Verdict compare(const Results& results, const Scale& scale, const Where& more, const Where& less) {
  const Values a = scale.sample(results, more), b = scale.sample(results, less);
  if (auto gap = too_little(results, more, a)) return *gap;
  if (auto gap = too_little(results, less, b)) return *gap;
  const Difference d = difference(a, b);
  return {d.more, spell(d, scale, a, b)};
}

Where only(std::string_view axis, const std::string& label) { return Where(fmt::format("{}={}", axis, label)); }

/// Held if all are, not held if one is not.
Verdict all_of(const std::vector<std::pair<std::string, Verdict>>& verdicts) {
  Verdict all{Outcome::held, ""};
  for (const auto& [name, v] : verdicts) {
    if (v.outcome == Outcome::not_held || (v.outcome == Outcome::undecided && all.outcome == Outcome::held))
      all.outcome = v.outcome;
    all.reason += fmt::format("{}{}: {}", all.reason.empty() ? "" : "; ", name, v.reason);
  }
  return all;
}

/// Values of each label along an axis.
struct Ladder {
  std::vector<std::string> labels;
  std::vector<Values> values;
};
/// Verdict if there are fewer than `least` labels, or one has nothing.
std::optional<Verdict> climb(const Results& results, const Scale& scale, const std::string& axis, const Where& among,
                             std::size_t least, Ladder& ladder) {
  ladder.labels = results.labels(axis);
  if (ladder.labels.size() < least)
    return undecided(fmt::format("{} of {} on the grid, {} are needed", ladder.labels.size(), axis, least));
  for (const std::string& label : ladder.labels) {
    const Where here = only(axis, label) & among;
    ladder.values.push_back(scale.sample(results, here));
    if (auto gap = too_little(results, here, ladder.values.back())) return gap;
  }
  return std::nullopt;
}

std::string spell(const Ladder& ladder, const Scale& scale) {
  std::string text;
  for (std::size_t i = 0; i < ladder.labels.size(); ++i)
    text += fmt::format("{}{}: {}", i ? ", " : "", ladder.labels[i], scale.spell(mean(ladder.values[i])));
  return text;
}

/// `sign` 1: rises; -1: falls.
Verdict trend(const Results& results, const Scale& scale, const std::string& axis, const Where& among, int sign) {
  Ladder ladder;
  if (auto gap = climb(results, scale, axis, among, 2, ladder)) return *gap;
  const auto step = [&](std::size_t from, std::size_t to) {
    return sign > 0 ? difference(ladder.values[to], ladder.values[from])
                    : difference(ladder.values[from], ladder.values[to]);
  };
  const std::size_t last = ladder.labels.size() - 1;
  const Difference whole = step(0, last);
  Verdict verdict{whole.more, spell(ladder, scale)};
  if (!std::isfinite(whole.interval.low))
    return undecided(verdict.reason + "; one training seed decides nothing (--seeds 3)");
  verdict.reason +=
      fmt::format("; first to last {:+.2f} {} [{:+.2f}, {:+.2f}], {} training seeds", sign * scale.unit * whole.middle,
                  scale.unit_name, scale.unit * (sign > 0 ? whole.interval.low : -whole.interval.high),
                  scale.unit * (sign > 0 ? whole.interval.high : -whole.interval.low),
                  std::min(ladder.values.front().size(), ladder.values.back().size()));
  for (std::size_t i = 0; i < last; ++i)
    if (step(i, i + 1).more == Outcome::not_held) {
      verdict.outcome = Outcome::not_held;
      verdict.reason += fmt::format("; from {} to {} it goes the other way", ladder.labels[i], ladder.labels[i + 1]);
    }
  return verdict;
}

Claim of_ratios(std::string text, std::function<Verdict(const Results&)> test) {
  return {std::move(text), [test = std::move(test)](const Results& r, Measure) { return test(r); }, false};
}

/// Judges each selected cell by its values, one a training seed, and all of them together.
template <class Judge>
Verdict each_cell(const Results& results, const Where& where, Measure measure, Judge&& judge) {
  if (std::string gap = where.missing(results); !gap.empty()) return undecided(std::move(gap));
  std::vector<std::string> cells;
  for (const Result& run : results.runs) {
    const std::string cell = cell_of(run);
    if (where(run) && std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  }
  std::vector<std::pair<std::string, Verdict>> verdicts;
  for (const std::string& cell : cells) {
    const Values values = seed_means(results, Where(cell), measure);
    if (values.size() < 2)
      verdicts.emplace_back(cell,
                            undecided(spell_ratio(mean(values)) + ", one training seed decides nothing (--seeds 3)"));
    else
      verdicts.emplace_back(cell, judge(values));
  }
  return all_of(verdicts);
}

/// Whether the mean of each cell is at least, or at most, `bound`.
Verdict bounded(const Results& results, const Where& where, double bound, bool least,
                Measure measure = Measure::ratio) {
  return each_cell(results, where, measure, [&](const Values& values) {
    const Interval i = student_interval(values);
    Verdict v{Outcome::undecided, fmt::format("{} [{:.1f}, {:.1f}], {} training seeds", spell_ratio(mean(values)),
                                              100 * i.low, 100 * i.high, values.size())};
    if (least ? i.low >= bound : i.high <= bound) v.outcome = Outcome::held;
    if (least ? i.high < bound : i.low > bound) v.outcome = Outcome::not_held;
    return v;
  });
}

}  // namespace

Claim more(std::string text, Where a, Where b) {
  return {std::move(text), [a, b](const Results& r, Measure m) { return compare(r, scale_of(m), a, b); }};
}

Claim more_each(std::string text, std::string_view axis, Where a, Where b) {
  return {std::move(text), [axis = std::string(axis), a, b](const Results& r, Measure m) {
            std::vector<std::pair<std::string, Verdict>> verdicts;
            for (const std::string& label : r.labels(axis))
              verdicts.emplace_back(label, compare(r, scale_of(m), only(axis, label) & a, only(axis, label) & b));
            return all_of(verdicts);
          }};
}

Claim rises(std::string text, std::string axis, Where among) {
  return {std::move(text), [axis = std::move(axis), among](const Results& r, Measure m) {
            return trend(r, scale_of(m), axis, among, 1);
          }};
}
Claim falls(std::string text, std::string axis, Where among) {
  return {std::move(text), [axis = std::move(axis), among](const Results& r, Measure m) {
            return trend(r, scale_of(m), axis, among, -1);
          }};
}
Claim emm_rises(std::string text, std::string axis, Where among) {
  return of_ratios(std::move(text),
                   [axis = std::move(axis), among](const Results& r) { return trend(r, emm_scale(), axis, among, 1); });
}
Claim emm_falls(std::string text, std::string axis, Where among) {
  return of_ratios(std::move(text), [axis = std::move(axis), among](const Results& r) {
    return trend(r, emm_scale(), axis, among, -1);
  });
}
Claim emm_larger(std::string text, Where a, Where b) {
  return of_ratios(std::move(text), [a, b](const Results& r) { return compare(r, emm_scale(), a, b); });
}
Claim spreads_more(std::string text, Where a, Where b) {
  return of_ratios(std::move(text), [a, b](const Results& r) { return compare(r, spread_scale(), a, b); });
}
Claim at_least(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where, bound](const Results& r) { return bounded(r, where, bound, true); });
}
Claim at_most(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where, bound](const Results& r) { return bounded(r, where, bound, false); });
}

Claim at_least_but_twins(std::string text, Where where, double bound) {
  return of_ratios(std::move(text),
                   [where, bound](const Results& r) { return bounded(r, where, bound, true, Measure::singles); });
}

Claim steady(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where, bound](const Results& r) {
    return each_cell(r, where, Measure::ratio, [&](const Values& values) {
      const Interval i = deviation_interval(values);
      const double m = mean(values);
      double squares = 0;
      for (const double value : values) squares += (value - m) * (value - m);
      Verdict v{Outcome::undecided,
                fmt::format("{} +- {:.2f} points [{:.2f}, {:.2f}], {} training seeds", spell_ratio(m),
                            100 * std::sqrt(squares / static_cast<double>(values.size() - 1)), 100 * i.low,
                            100 * i.high, values.size())};
      if (i.high <= bound) v.outcome = Outcome::held;
      if (i.low > bound) v.outcome = Outcome::not_held;
      return v;
    });
  });
}

Claim settled(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where, bound](const Results& r) {
    double most = -1;
    for (const Spread& spread : r.spreads)
      if (where(spread.at)) most = std::max(most, spread.deviation);
    if (most < 0) return undecided(fmt::format("no sample of {} was drawn", where.text()));
    return Verdict{most <= bound ? Outcome::held : Outcome::not_held,
                   fmt::format("standard deviation {:.2f} points at most, bound {:.2f}", 100 * most, 100 * bound)};
  });
}

Claim alike(std::string text, Where a, Where b, double margin) {
  return of_ratios(std::move(text), [a, b, margin](const Results& r) {
    const Scale scale = scale_of(Measure::ratio);
    const Values first = scale.sample(r, a), second = scale.sample(r, b);
    if (auto gap = too_little(r, a, first)) return *gap;
    if (auto gap = too_little(r, b, second)) return *gap;
    const Difference d = difference(first, second);
    Verdict v{Outcome::undecided,
              fmt::format("{}; margin {:.1f} points", spell(d, scale, first, second), 100 * margin)};
    if (d.interval.low > -margin && d.interval.high < margin) v.outcome = Outcome::held;
    if (d.interval.low > margin || d.interval.high < -margin) v.outcome = Outcome::not_held;
    return v;
  });
}

Claim peaks_inside(std::string text, std::string axis, Where among) {
  return {std::move(text), [axis = std::move(axis), among](const Results& r, Measure m) {
            const Scale scale = scale_of(m);
            Ladder ladder;
            if (auto gap = climb(r, scale, axis, among, 3, ladder)) return *gap;
            Verdict verdict{Outcome::undecided, spell(ladder, scale)};
            bool below_an_end = true;  // every inner label is certainly less than an end
            for (std::size_t i = 1; i + 1 < ladder.labels.size(); ++i) {
              const Difference first = difference(ladder.values[i], ladder.values.front()),
                               last = difference(ladder.values[i], ladder.values.back());
              if (first.more == Outcome::held && last.more == Outcome::held) {
                verdict.outcome = Outcome::held;
                verdict.reason += fmt::format("; {} is above both ends", ladder.labels[i]);
              }
              below_an_end &= first.more == Outcome::not_held || last.more == Outcome::not_held;
            }
            if (below_an_end) verdict.outcome = Outcome::not_held;
            if (ladder.values.front().size() < 2) verdict.reason += "; one training seed decides nothing (--seeds 3)";
            return verdict;
          }};
}

}  // namespace diffmem::claim
