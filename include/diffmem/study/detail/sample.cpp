// SPDX-License-Identifier: MIT
#include <diffmem/measure/emm.hpp>
#include <diffmem/study/detail/sample.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diffmem {
namespace {

const Evaluation& best(const Result* run) { return *best_of(run->evaluations); }

double mean_of(const RunGroup& group, const std::function<double(const Result*)>& value) {
  double sum = 0;
  for (const Result* run : group) sum += value(run);
  return sum / static_cast<double>(group.size());
}

/// Variance of the mean of ratios R of n images each, R (1 - R) / n with two hits and two misses more (Agresti and Coull),
/// so that a ratio of 0 or 1 has one, too.
double image_noise(const RunGroup& group, const std::function<const Evaluation&(const Result*)>& evaluation) {
  double sum = 0;
  for (const Result* run : group) {
    const Evaluation& e = evaluation(run);
    const double n = static_cast<double>(e.images) + 4, r = (e.ratio * static_cast<double>(e.images) + 2) / n;
    if (e.images > 0) sum += r * (1 - r) / n;
  }
  const double runs = static_cast<double>(group.size());
  return sum / (runs * runs);
}

double ratio_deviation(const RunGroup& group) {
  const double mean = mean_of(group, [](const Result* run) { return best(run).ratio; });
  double squares = 0;
  for (const Result* run : group) squares += (best(run).ratio - mean) * (best(run).ratio - mean);
  return group.size() > 1 ? std::sqrt(squares / static_cast<double>(group.size() - 1)) : 0;
}

/// A curve of ratios over sizes for each place on the other axes.
std::map<std::string, std::vector<SizeRatio>> curves_of(const RunGroup& group) {
  std::map<std::string, std::vector<SizeRatio>> curves;
  for (const Result* run : group) {
    const auto size = std::ranges::find(run->at, "size", &Listing::value_type::first);
    curves[cell_of(*run, {"size"})].push_back({std::stoll(size->second), best(run).ratio});
  }
  return curves;
}

/// Sizes from the smallest to the largest.
struct Range {
  std::int64_t least = 1, most = INT64_MAX;
};
Range range_of(const std::vector<SizeRatio>& curve) {
  const auto [least, most] = std::ranges::minmax(curve, {}, &SizeRatio::size);
  return {least.size, most.size};
}

double log_emm(const RunGroup& group, const Range& within) {
  const auto curves = curves_of(group);
  double sum = 0;
  for (const auto& [name, curve] : curves) {
    const Emm emm = estimate_emm(curve);
    const Range sizes = range_of(curve);
    const double found = emm.logarithmic.value_or(static_cast<double>(emm.below == 0 ? sizes.least : sizes.most));
    sum += std::log2(std::clamp(found, static_cast<double>(within.least), static_cast<double>(within.most)));
  }
  return sum / static_cast<double>(curves.size());
}

std::string spell_ratio(double value) { return fmt::format("{:.1f} %", 100 * value); }

/// At least as wide as the images of the runs allow.
Interval widened(Interval i, double middle, double noise, double confidence) {
  const double half = normal_quantile(confidence) * std::sqrt(noise);
  return {std::min(i.low, middle - half), std::max(i.high, middle + half)};
}

}  // namespace

RunGroups groups_of(const Results& results, const Where& where, const std::vector<std::string>& without) {
  RunGroups groups;
  for (const Result& run : results.runs)
    if (where(run)) groups[cell_of(run, without)][run.seed].push_back(&run);
  return groups;
}

const Scale& scale_of(Measure measure) {
  static const Scale ratio{
      .value = [](const RunGroup& g) { return mean_of(g, [](const Result* run) { return best(run).ratio; }); },
      .noise = [](const RunGroup& g) { return image_noise(g, best); },
      .spell = spell_ratio,
      .unit = 100,
      .unit_name = "points"};
  static const Scale knn{
      .value = [](const RunGroup& g) { return -mean_of(g, [](const Result* run) { return best(run).knn_distance; }); },
      .spell = [](double value) { return fmt::format("{:.2f} grey levels", 0.0 - value); },
      .unit = -1,
      .unit_name = "grey levels"};
  return measure == Measure::knn ? knn : ratio;
}

const Scale& spread_scale() {
  static const Scale scale{.value = ratio_deviation, .spell = spell_ratio, .unit = 100, .unit_name = "points"};
  return scale;
}

const Scale& emm_scale() {
  static const Scale scale{.value = [](const RunGroup& g) { return log_emm(g, {}); },
                           .spell = [](double value) { return fmt::format("{:.0f} images", std::exp2(value)); },
                           .unit_name = "doublings",
                           .of_curves = true};
  return scale;
}

Scale comparing(const Scale& scale, const RunGroups& a, const RunGroups& b) {
  if (!scale.of_curves) return scale;
  Range common;
  for (const RunGroups* side : {&a, &b})
    for (const auto& [place, seeds] : *side)
      for (const auto& [seed, group] : seeds)
        for (const auto& [name, curve] : curves_of(group)) {
          const Range sizes = range_of(curve);
          common = {std::max(common.least, sizes.least), std::min(common.most, sizes.most)};
        }
  common.most = std::max(common.least, common.most);  // where no size is common, all are alike
  Scale same = scale;
  same.value = [common](const RunGroup& g) { return log_emm(g, common); };
  return same;
}

Scale scale_at(std::size_t evaluation) {
  const auto then = [evaluation](const Result* run) -> const Evaluation& { return run->evaluations[evaluation]; };
  return {.value = [then](const RunGroup& g) { return mean_of(g, [&](const Result* r) { return then(r).ratio; }); },
          .noise = [then](const RunGroup& g) { return image_noise(g, then); },
          .spell = spell_ratio,
          .unit = 100,
          .unit_name = "points"};
}

double Sample::mean() const {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Sample sample_of(const RunGroups& groups, const std::vector<std::string>& names, const Scale& scale) {
  std::map<std::uint64_t, std::vector<const RunGroup*>> by_seed;
  for (const std::string& name : names)
    for (const auto& [seed, group] : groups.at(name)) by_seed[seed].push_back(&group);
  Sample sample;
  for (const auto& [seed, parts] : by_seed) {
    if (parts.size() < names.size()) continue;
    const double n = static_cast<double>(parts.size());
    double sum = 0;
    for (const RunGroup* part : parts) {
      sum += scale.value(*part);
      if (scale.noise) sample.noise += scale.noise(*part) / (n * n);
    }
    sample.values.push_back(sum / n);
  }
  const double seeds = static_cast<double>(sample.values.size());
  if (seeds > 0) sample.noise /= seeds * seeds;
  return sample;
}

Interval interval_of(const Sample& sample, double confidence) {
  return widened(student_interval(sample.values, confidence), sample.mean(), sample.noise, confidence);
}

Difference difference(const Sample& a, const Sample& b, double confidence) {
  const double middle = a.mean() - b.mean();
  return {middle, widened(welch_interval(a.values, b.values, confidence), middle, a.noise + b.noise, confidence),
          std::min(a.values.size(), b.values.size())};
}

double each_of(std::size_t tests, double confidence) {
  return 1 - (1 - confidence) / static_cast<double>(std::max<std::size_t>(1, tests));
}

}  // namespace diffmem
