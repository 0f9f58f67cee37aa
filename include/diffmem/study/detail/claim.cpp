// SPDX-License-Identifier: MIT
#include <diffmem/study/claim.hpp>
#include <diffmem/study/detail/sample.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace diffmem::claim {
namespace {

constexpr std::string_view kOneSeed = "one training seed decides nothing (--seeds 3)";

Verdict undecided(std::string reason) { return {Outcome::undecided, std::move(reason)}; }

std::optional<Verdict> gap(const Results& results, const Where& where) {
  if (std::string why = where.missing(results); !why.empty()) return undecided(std::move(why));
  return std::nullopt;
}

Where only(const std::string& axis, const std::string& label) { return Where(fmt::format("{}={}", axis, label)); }

/// What the groups of a scale are not told apart by.
std::vector<std::string> aside(std::vector<std::string> axes, const Scale& scale) {
  if (scale.of_curves) axes.emplace_back("size");
  return axes;
}

std::vector<std::string> names_in_both(const RunGroups& a, const RunGroups& b) {
  std::vector<std::string> names;
  for (const auto& [name, group] : a)
    if (b.contains(name)) names.push_back(name);
  return names;
}

/// An interval on the scale's unit.
std::string spell(const Difference& d, const Scale& scale) {
  Interval i{scale.unit * d.interval.low, scale.unit * d.interval.high};
  if (i.low > i.high) std::swap(i.low, i.high);
  return fmt::format("{:+.2f} {} [{:+.2f}, {:+.2f}], {} training seeds", scale.unit * d.middle, scale.unit_name, i.low,
                     i.high, d.seeds);
}

/// Two sides at the places that they share.
struct Sides {
  Sample a, b;
};
std::optional<Verdict> sides_of(const Results& results, const Scale& scale, const Where& a, const Where& b,
                                Sides& sides) {
  if (auto why = gap(results, a)) return why;
  if (auto why = gap(results, b)) return why;
  const auto axes = aside(a.differing(b), scale);
  const RunGroups first = groups_of(results, a, axes), second = groups_of(results, b, axes);
  const auto names = names_in_both(first, second);
  if (names.empty()) return undecided(fmt::format("{} and {} share no place on the grid", a.text(), b.text()));
  const Scale same = comparing(scale, first, second);
  sides = {sample_of(first, names, same), sample_of(second, names, same)};
  if (std::min(sides.a.values.size(), sides.b.values.size()) < 2)
    return undecided(
        fmt::format("{} against {}; {}", scale.spell(sides.a.mean()), scale.spell(sides.b.mean()), kOneSeed));
  return std::nullopt;
}

std::string spell(const Difference& d, const Scale& scale, const Sides& sides) {
  return fmt::format("{} against {}: {}", scale.spell(sides.a.mean()), scale.spell(sides.b.mean()), spell(d, scale));
}

Verdict compare(const Results& results, const Scale& scale, const Where& more, const Where& less, double confidence) {
  Sides sides;
  if (auto why = sides_of(results, scale, more, less, sides)) return *why;
  const Difference d = difference(sides.a, sides.b, confidence);
  return {d.more() ? Outcome::held : d.less() ? Outcome::not_held : Outcome::undecided, spell(d, scale, sides)};
}

/// Held if all of the interval is inside [low, high], not held if none is.
Outcome inside(const Interval& i, double low, double high) {
  if (i.low >= low && i.high <= high) return Outcome::held;
  return i.high < low || i.low > high ? Outcome::not_held : Outcome::undecided;
}

/// Held if all are, not held if one is.
Verdict all_of(const std::vector<std::pair<std::string, Verdict>>& verdicts) {
  Verdict all{Outcome::held, ""};
  for (const auto& [name, v] : verdicts) {
    if (v.outcome == Outcome::not_held || (v.outcome == Outcome::undecided && all.outcome == Outcome::held))
      all.outcome = v.outcome;
    all.reason += fmt::format("{}{}: {}", all.reason.empty() ? "" : "; ", name, v.reason);
  }
  return all;
}

/// Of several tests of which one "not held" is enough for that outcome of all.
Verdict one_of(std::size_t tests, double confidence, const std::function<Verdict(double confidence)>& test) {
  const Verdict v = test(confidence);
  return v.outcome == Outcome::not_held ? test(each_of(tests, confidence)) : v;
}

/// Runs by the labels of an axis, in the grid's order.
struct Ladder {
  std::vector<std::string> labels;
  std::vector<RunGroups> rungs;
};
/// Verdict if there are fewer than `least` labels, or a run is not finished.
std::optional<Verdict> climb(const Results& results, const Scale& scale, const std::string& axis, const Where& among,
                             std::size_t least, Ladder& ladder) {
  const auto& labels = results.labels(axis);
  if (auto why = gap(results, among)) return why;
  for (const std::string& label : labels) {
    RunGroups rung = groups_of(results, only(axis, label) & among, aside({axis}, scale));
    if (rung.empty()) continue;
    ladder.labels.push_back(label);
    ladder.rungs.push_back(std::move(rung));
  }
  if (ladder.labels.size() < least)
    return undecided(fmt::format("{} of {} on the grid, {} are needed", ladder.labels.size(), axis, least));
  return std::nullopt;
}

/// Rung i - rung j at the places that both have; nothing if there are none.
std::optional<Difference> step(const Ladder& ladder, const Scale& scale, std::size_t i, std::size_t j,
                               double confidence) {
  const auto names = names_in_both(ladder.rungs[i], ladder.rungs[j]);
  if (names.empty()) return std::nullopt;
  const Scale same = comparing(scale, ladder.rungs[i], ladder.rungs[j]);
  return difference(sample_of(ladder.rungs[i], names, same), sample_of(ladder.rungs[j], names, same), confidence);
}

/// The places of a ladder, each with the rungs that have it.
std::map<std::string, std::vector<std::size_t>> places_of(const Ladder& ladder) {
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < ladder.rungs.size(); ++i)
    for (const auto& [name, group] : ladder.rungs[i]) places[name].push_back(i);
  return places;
}

/// The last rung of each place less the first.
std::optional<Difference> whole(const Ladder& ladder, const Scale& scale, double confidence) {
  RunGroups first, last;
  std::vector<std::string> names;
  for (const auto& [name, rungs] : places_of(ladder)) {
    if (rungs.size() < 2) continue;
    names.push_back(name);
    first[name] = ladder.rungs[rungs.front()].at(name), last[name] = ladder.rungs[rungs.back()].at(name);
  }
  if (names.empty()) return std::nullopt;
  const Scale same = comparing(scale, last, first);
  return difference(sample_of(last, names, same), sample_of(first, names, same), confidence);
}

std::string spell(const Ladder& ladder, const Scale& scale) {
  std::string text;
  for (const auto& [name, rungs] : places_of(ladder)) {
    text += fmt::format("{}{}{}", text.empty() ? "" : "; ", name, name.empty() ? "" : ": ");
    for (const std::size_t i : rungs)
      text += fmt::format("{}{} {}", i == rungs.front() ? "" : ", ", ladder.labels[i],
                          scale.spell(sample_of(ladder.rungs[i], {name}, scale).mean()));
  }
  return text;
}

/// `sign` 1: rises; -1: falls.
Verdict trend(const Results& results, const Scale& scale, const std::string& axis, const Where& among, int sign,
              double confidence) {
  Ladder ladder;
  if (auto why = climb(results, scale, axis, among, 2, ladder)) return *why;
  const auto ends = whole(ladder, scale, confidence);
  if (!ends) return undecided(fmt::format("no two of {} share a place on the grid", axis));
  Verdict verdict{Outcome::undecided, spell(ladder, scale)};
  if (ends->seeds < 2) return undecided(fmt::format("{}; {}", verdict.reason, kOneSeed));
  verdict.reason += "; first to last " + spell(*ends, scale);
  if (sign > 0 ? ends->more() : ends->less()) verdict.outcome = Outcome::held;
  if (sign > 0 ? ends->less() : ends->more()) verdict.outcome = Outcome::not_held;
  const std::size_t steps = ladder.labels.size() - 1;
  for (std::size_t i = 0; i < steps; ++i) {
    const auto up = step(ladder, scale, i + 1, i, each_of(steps, confidence));
    if (up && (sign > 0 ? up->less() : up->more())) {
      verdict.outcome = Outcome::not_held;
      verdict.reason += fmt::format("; from {} to {} it goes the other way", ladder.labels[i], ladder.labels[i + 1]);
    }
  }
  return verdict;
}

/// A share of images of a run.
struct Share {
  double ratio = 0;
  std::int64_t images = 0;
};
using ShareOf = std::function<std::optional<Share>(const Result&)>;

std::optional<Share> best_share(const Result& run) {
  const Evaluation* best = best_of(run.evaluations);
  return Share{best->ratio, best->images};
}

using Cell = std::map<std::uint64_t, RunGroup>;
/// Judges each selected cell by itself, and so all of them.
Verdict each_cell(const Results& results, const Where& where, double confidence,
                  const std::function<Verdict(const Cell&, double confidence)>& judge) {
  if (auto why = gap(results, where)) return *why;
  const RunGroups cells = groups_of(results, where, {});
  std::vector<std::pair<std::string, Verdict>> verdicts;
  for (const auto& [name, cell] : cells)
    verdicts.emplace_back(name, one_of(cells.size(), confidence, [&](double c) { return judge(cell, c); }));
  return all_of(verdicts);
}

/// Whether the share of each selected cell is inside [low, high].  The interval is Student's over seeds and, if that is
/// wider, Wilson's of all images together.
Verdict shares(const Results& results, const Where& where, double low, double high, double confidence,
               const ShareOf& share_of = best_share) {
  return each_cell(results, where, confidence, [&](const Cell& cell, double c) {
    Sample sample;
    double hits = 0;
    std::int64_t images = 0;
    for (const auto& [seed, runs] : cell)
      for (const Result* run : runs) {
        const auto share = share_of(*run);
        if (!share) return undecided("no evaluation as early as that");
        sample.values.push_back(share->ratio);
        hits += share->ratio * static_cast<double>(share->images), images += share->images;
      }
    const std::string mean = scale_of(Measure::ratio).spell(sample.mean());
    if (sample.values.size() < 2) return undecided(fmt::format("{}, {}", mean, kOneSeed));
    Interval i = interval_of(sample, c);
    if (images > 0) {
      const Interval of_images = wilson(std::llround(hits), images, c);
      i = {std::min(i.low, of_images.low), std::max(i.high, of_images.high)};
    }
    return Verdict{inside(i, low, high), fmt::format("{} [{:.1f}, {:.1f}], {} training seeds", mean, 100 * i.low,
                                                     100 * i.high, sample.values.size())};
  });
}

constexpr double kNoBound = 1e9;

Claim of_ratios(std::string text, std::function<Verdict(const Results&, double confidence)> test) {
  return {std::move(text), [test = std::move(test)](const Results& r, Measure, double c) { return test(r, c); }, false};
}

Claim of_trend(std::string text, std::string axis, Where among, int sign) {
  return {std::move(text),
          [axis = std::move(axis), among = std::move(among), sign](const Results& r, Measure m, double c) {
            return trend(r, scale_of(m), axis, among, sign, c);
          }};
}
Claim of_emm_trend(std::string text, std::string axis, Where among, int sign) {
  return of_ratios(std::move(text),
                   [axis = std::move(axis), among = std::move(among), sign](const Results& r, double c) {
                     return trend(r, emm_scale(), axis, among, sign, c);
                   });
}

/// As many evaluations as every run of the ladder has.
std::size_t evaluations_of(const Ladder& ladder) {
  std::size_t least = SIZE_MAX;
  for (const RunGroups& rung : ladder.rungs)
    for (const auto& [name, seeds] : rung)
      for (const auto& [seed, runs] : seeds)
        for (const Result* run : runs) least = std::min(least, run->evaluations.size());
  return least;
}

/// Whether rung i is ahead of rung j: in the mean over all evaluations, and at none certainly behind.
Outcome ahead_throughout(const Ladder& ladder, std::size_t i, std::size_t j, double confidence) {
  const std::size_t times = evaluations_of(ladder);
  Scale mean = scale_at(0);
  mean.value = [times](const RunGroup& group) {
    double sum = 0;
    for (std::size_t t = 0; t < times; ++t) sum += scale_at(t).value(group);
    return sum / static_cast<double>(times);
  };
  const auto all = step(ladder, mean, i, j, confidence);
  if (!all || all->seeds < 2) return Outcome::undecided;
  for (std::size_t t = 0; t < times; ++t)
    if (step(ladder, scale_at(t), i, j, each_of(times, confidence))->less()) return Outcome::not_held;
  return all->more() ? Outcome::held : all->less() ? Outcome::not_held : Outcome::undecided;
}

}  // namespace

Claim more(std::string text, Where a, Where b) {
  return {std::move(text), [a = std::move(a), b = std::move(b)](const Results& r, Measure m, double c) {
            return compare(r, scale_of(m), a, b, c);
          }};
}

Claim rises(std::string text, std::string axis, Where among) {
  return of_trend(std::move(text), std::move(axis), std::move(among), 1);
}
Claim falls(std::string text, std::string axis, Where among) {
  return of_trend(std::move(text), std::move(axis), std::move(among), -1);
}
Claim emm_rises(std::string text, std::string axis, Where among) {
  return of_emm_trend(std::move(text), std::move(axis), std::move(among), 1);
}
Claim emm_falls(std::string text, std::string axis, Where among) {
  return of_emm_trend(std::move(text), std::move(axis), std::move(among), -1);
}
Claim emm_larger(std::string text, Where a, Where b) {
  return of_ratios(std::move(text), [a = std::move(a), b = std::move(b)](const Results& r, double c) {
    return compare(r, emm_scale(), a, b, c);
  });
}
Claim spreads_more(std::string text, Where a, Where b) {
  return of_ratios(std::move(text), [a = std::move(a), b = std::move(b)](const Results& r, double c) {
    return compare(r, spread_scale(), a, b, c);
  });
}

Claim emm_times(std::string text, Where a, Where b, double low, double high) {
  return of_ratios(std::move(text), [a = std::move(a), b = std::move(b), low, high](const Results& r, double c) {
    Sides sides;
    if (auto why = sides_of(r, emm_scale(), a, b, sides)) return *why;
    const Difference d = difference(sides.a, sides.b, c);
    return Verdict{inside(d.interval, std::log2(low), std::log2(high)), spell(d, emm_scale(), sides)};
  });
}

Claim emm_between(std::string text, Where where, double low, double high) {
  return of_ratios(std::move(text), [where = std::move(where), low, high](const Results& r, double confidence) {
    if (auto why = gap(r, where)) return *why;
    const RunGroups curves = groups_of(r, where, {"size"});
    std::vector<std::pair<std::string, Verdict>> verdicts;
    for (const auto& [name, curve] : curves)
      verdicts.emplace_back(name, one_of(curves.size(), confidence, [&](double c) {
                              const Sample sample = sample_of(curves, {name}, emm_scale());
                              const std::string mean = emm_scale().spell(sample.mean());
                              if (sample.values.size() < 2) return undecided(fmt::format("{}, {}", mean, kOneSeed));
                              const Interval i = interval_of(sample, c);
                              return Verdict{inside(i, std::log2(low), std::log2(high)),
                                             fmt::format("{} [{:.0f}, {:.0f}], {} training seeds", mean,
                                                         std::exp2(i.low), std::exp2(i.high), sample.values.size())};
                            }));
    return all_of(verdicts);
  });
}

Claim at_least(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where = std::move(where), bound](const Results& r, double c) {
    return shares(r, where, bound, kNoBound, c);
  });
}
Claim at_most(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where = std::move(where), bound](const Results& r, double c) {
    return shares(r, where, -kNoBound, bound, c);
  });
}
Claim near(std::string text, Where where, double value, double margin) {
  return of_ratios(std::move(text), [where = std::move(where), value, margin](const Results& r, double c) {
    return shares(r, where, value - margin, value + margin, c);
  });
}

Claim at_least_within(std::string text, Where where, double bound, double share) {
  return of_ratios(std::move(text), [where = std::move(where), bound, share](const Results& r, double c) {
    return shares(r, where, bound, kNoBound, c, [share](const Result& run) -> std::optional<Share> {
      std::vector<Evaluation> early = run.evaluations;
      std::erase_if(early, [&](const Evaluation& e) { return e.epoch > share * run.evaluations.back().epoch; });
      const Evaluation* best = best_of(early);
      return best ? std::optional(Share{best->ratio, best->images}) : std::nullopt;
    });
  });
}

Claim at_least_but_twins(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where = std::move(where), bound](const Results& r, double c) {
    return shares(r, where, bound, kNoBound, c, [](const Result& run) -> std::optional<Share> {
      const Evaluation* best = best_of(run.evaluations);
      const std::int64_t singles = best->images - best->twins;
      return Share{singles > 0 ? static_cast<double>(best->memorized) / static_cast<double>(singles) : 0, singles};
    });
  });
}

Claim lands(std::string text, Where where, double levels) {
  return of_ratios(std::move(text), [where = std::move(where), levels](const Results& r, double confidence) {
    const Scale& knn = scale_of(Measure::knn);
    return each_cell(r, where, confidence, [&](const Cell& cell, double c) {
      const Sample sample = sample_of({{"", cell}}, {""}, knn);
      if (sample.values.size() < 2) return undecided(fmt::format("{}, {}", knn.spell(sample.mean()), kOneSeed));
      const Interval i = interval_of(sample, c);
      return Verdict{inside(i, -levels, kNoBound),
                     fmt::format("{} [{:.2f}, {:.2f}], {} training seeds", knn.spell(sample.mean()), 0.0 - i.high,
                                 0.0 - i.low, sample.values.size())};
    });
  });
}

Claim steady(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where = std::move(where), bound](const Results& r, double confidence) {
    return each_cell(r, where, confidence, [&](const Cell& cell, double) {
      const Sample sample = sample_of({{"", cell}}, {""}, scale_of(Measure::ratio));
      const std::string mean = scale_of(Measure::ratio).spell(sample.mean());
      const double seeds = static_cast<double>(sample.values.size());
      if (seeds < 2) return undecided(fmt::format("{}, {}", mean, kOneSeed));
      RunGroup runs;
      for (const auto& [seed, group] : cell) runs.push_back(group.front());
      const double of_images = sample.noise * seeds;  // variance of one run's ratio
      const Interval all = deviation_interval(sample.values);
      const auto without = [&](double deviation) {
        return std::sqrt(std::max(0.0, deviation * deviation - of_images));
      };
      const Interval i{without(all.low), without(all.high)};
      return Verdict{
          inside(i, 0, bound),
          fmt::format("{} ± {:.2f} points, of which the number of images makes {:.2f}; without these [{:.2f}, "
                      "{:.2f}], {} training seeds",
                      mean, 100 * spread_scale().value(runs), 100 * std::sqrt(of_images), 100 * i.low, 100 * i.high,
                      seeds)};
    });
  });
}

Claim settled(std::string text, Where where, double bound) {
  return of_ratios(std::move(text), [where = std::move(where), bound](const Results& r, double) {
    if (auto why = gap(r, "")) return *why;
    double most = -1;
    for (const Spread& spread : r.spreads)
      if (where(spread.at)) most = std::max(most, spread.deviation);
    if (most < 0) return undecided(fmt::format("no sample of {} was drawn", where.text()));
    return Verdict{most <= bound ? Outcome::held : Outcome::not_held,
                   fmt::format("standard deviation {:.2f} points at most, bound {:.2f}", 100 * most, 100 * bound)};
  });
}

namespace {

/// Whether the sides are less than `margin` apart.
Verdict close(const Sides& sides, const Scale& scale, double margin, double confidence) {
  const Difference d = difference(sides.a, sides.b, confidence);
  return {inside(d.interval, -margin, margin),
          fmt::format("{}; margin {:.1f} {}", spell(d, scale, sides), std::abs(scale.unit) * margin, scale.unit_name)};
}

}  // namespace

Claim alike(std::string text, Where a, Where b, double margin, double knn_margin) {
  return {std::move(text),
          [a = std::move(a), b = std::move(b), margin, knn_margin](const Results& r, Measure m, double c) {
            const Scale& scale = scale_of(m);
            Sides sides;
            if (auto why = sides_of(r, scale, a, b, sides)) return *why;
            return close(sides, scale, m == Measure::knn ? knn_margin : margin, c);
          },
          knn_margin > 0};
}

Claim flat(std::string text, std::string axis, Where among, double margin, double knn_margin) {
  return {
      std::move(text),
      [axis = std::move(axis), among = std::move(among), margin, knn_margin](const Results& r, Measure m, double c) {
        const Scale& scale = scale_of(m);
        Ladder ladder;
        if (auto why = climb(r, scale, axis, among, 2, ladder)) return *why;
        std::vector<std::pair<std::string, Sides>> all;
        for (const auto& [name, rungs] : places_of(ladder))
          for (const std::size_t i : rungs) {
            if (i == rungs.front()) continue;
            const Sides sides{sample_of(ladder.rungs[i], {name}, scale),
                              sample_of(ladder.rungs[rungs.front()], {name}, scale)};
            if (std::min(sides.a.values.size(), sides.b.values.size()) < 2) return undecided(std::string(kOneSeed));
            all.emplace_back(fmt::format("{}={}{}{}", axis, ladder.labels[i], name.empty() ? "" : " ", name), sides);
          }
        if (all.empty()) return undecided(fmt::format("no two of {} share a place on the grid", axis));
        std::vector<std::pair<std::string, Verdict>> verdicts;
        for (const auto& [name, sides] : all)
          verdicts.emplace_back(name, one_of(all.size(), c, [&](double confidence) {
                                  return close(sides, scale, m == Measure::knn ? knn_margin : margin, confidence);
                                }));
        return all_of(verdicts);
      },
      knn_margin > 0};
}

Claim peaks_inside(std::string text, std::string axis, Where among) {
  return {std::move(text), [axis = std::move(axis), among = std::move(among)](const Results& r, Measure m, double c) {
            const Scale& scale = scale_of(m);
            Ladder ladder;
            if (auto why = climb(r, scale, axis, among, 3, ladder)) return *why;
            Verdict verdict{Outcome::undecided, spell(ladder, scale)};
            const std::size_t last = ladder.labels.size() - 1;
            bool below_an_end = true;  // every inner label is certainly less than an end
            for (std::size_t i = 1; i < last; ++i) {
              const double strict = each_of(last - 1, c);
              const auto first_up = step(ladder, scale, i, 0, strict), last_up = step(ladder, scale, i, last, strict);
              if (!first_up || !last_up) return undecided(fmt::format("no place on the grid has all of {}", axis));
              if (first_up->seeds < 2 || last_up->seeds < 2)
                return undecided(fmt::format("{}; {}", verdict.reason, kOneSeed));
              if (first_up->more() && last_up->more()) {
                verdict.outcome = Outcome::held;
                verdict.reason += fmt::format("; {} is above both ends", ladder.labels[i]);
              }
              below_an_end &= step(ladder, scale, i, 0, c)->less() || step(ladder, scale, i, last, c)->less();
            }
            if (below_an_end) verdict.outcome = Outcome::not_held;
            return verdict;
          }};
}

Claim several_peaks(std::string text, std::string axis, Where among) {
  return {std::move(text), [axis = std::move(axis), among = std::move(among)](const Results& r, Measure m, double c) {
            const Scale& scale = scale_of(m);
            Ladder ladder;
            if (auto why = climb(r, scale, axis, among, 3, ladder)) return *why;
            Verdict verdict{Outcome::undecided, spell(ladder, scale)};
            const std::size_t labels = ladder.labels.size();
            const auto below = [&](std::size_t i, std::size_t j, double confidence) {
              const auto d = step(ladder, scale, j, i, confidence);
              return d && d->seeds > 1 && d->more();
            };
            bool one_peak = true;  // no inner label can be a valley
            for (std::size_t i = 1; i + 1 < labels; ++i) {
              const double strict = each_of((labels - 2) * (labels - 1), c);
              bool before = false, after = false, above_before = true, above_after = true;
              for (std::size_t j = 0; j < labels; ++j) {
                if (j == i) continue;
                (j < i ? before : after) |= below(i, j, strict);
                (j < i ? above_before : above_after) &= below(j, i, c);
              }
              if (before && after) {
                verdict.outcome = Outcome::held;
                verdict.reason += fmt::format("; {} is a valley", ladder.labels[i]);
              }
              one_peak &= above_before || above_after;
            }
            if (one_peak) verdict.outcome = Outcome::not_held;
            return verdict;
          }};
}

Claim ahead(std::string text, std::string axis, Where among) {
  return of_ratios(std::move(text), [axis = std::move(axis), among = std::move(among)](const Results& r, double c) {
    Ladder ladder;
    if (auto why = climb(r, scale_of(Measure::ratio), axis, among, 2, ladder)) return *why;
    const std::size_t last = ladder.labels.size() - 1;
    return Verdict{
        ahead_throughout(ladder, last, 0, c),
        fmt::format("{} against {}, {} evaluations", ladder.labels[last], ladder.labels[0], evaluations_of(ladder))};
  });
}

Claim overtaken(std::string text, std::string axis, Where among) {
  return of_ratios(std::move(text), [axis = std::move(axis), among = std::move(among)](const Results& r, double c) {
    Ladder ladder;
    if (auto why = climb(r, scale_of(Measure::ratio), axis, among, 2, ladder)) return *why;
    const std::size_t labels = ladder.labels.size();
    bool none = true;
    for (std::size_t i = 0; i < labels; ++i)
      for (std::size_t j = i + 1; j < labels; ++j) {
        if (ahead_throughout(ladder, i, j, each_of(labels * (labels - 1) / 2, c)) == Outcome::held)
          return Verdict{Outcome::held, fmt::format("{} is behind {} at {} evaluations", ladder.labels[j],
                                                    ladder.labels[i], evaluations_of(ladder))};
        none &= ahead_throughout(ladder, j, i, c) == Outcome::held;
      }
    return Verdict{none ? Outcome::not_held : Outcome::undecided,
                   none ? "each is ahead of all before it" : "no one is certainly behind an earlier one"};
  });
}

Claim each(std::string axis, Claim claim, Where among) {
  const auto test = claim.test;
  claim.test = [axis = std::move(axis), among = std::move(among), test](const Results& r, Measure m, double c) {
    if (auto why = gap(r, among)) return *why;
    std::vector<std::string> labels = r.labels(axis);
    std::erase_if(labels,
                  [&](const std::string& label) { return std::ranges::none_of(r.runs, only(axis, label) & among); });
    std::vector<std::pair<std::string, Verdict>> verdicts;
    for (const std::string& label : labels)
      verdicts.emplace_back(fmt::format("{}={}", axis, label), one_of(labels.size(), c, [&](double confidence) {
                              return test(r.part(axis, label), m, confidence);
                            }));
    return all_of(verdicts);
  };
  return claim;
}

}  // namespace diffmem::claim
