// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/measure/detail/bootstrap.hpp>
#include <diffmem/measure/emm_fit.hpp>
#include <diffmem/measure/isotonic.hpp>

#include <cmath>
#include <limits>
#include <map>

namespace diffmem {
namespace {

constexpr double kAbove = std::numeric_limits<double>::infinity();

/// The runs of each size.
using Runs = std::map<std::int64_t, std::vector<RunRatio>>;

/// All runs of one size as one.
RunRatio pool(const std::vector<RunRatio>& runs) {
  RunRatio all{.size = runs.front().size};
  for (const RunRatio& run : runs) {
    all.memorized += run.memorized;
    all.images += run.images;
  }
  return all;
}

/// Runs drawn with replacement, and images of each.
std::vector<RunRatio> draw(const std::vector<RunRatio>& runs, RandomStream random) {
  std::vector<RunRatio> drawn(runs.size());
  for (RunRatio& run : drawn) {
    run = runs[random.below(runs.size())];
    run.memorized = detail::drawn_hits(random, run.memorized, run.images, run.images);
  }
  return drawn;
}

/// The fitted ratio of each size, from its pooled runs.
std::vector<SizeRatio> fit(const std::vector<RunRatio>& pooled) {
  std::vector<double> ratios, weights;
  std::vector<SizeRatio> fitted;
  for (const RunRatio& run : pooled) {
    weights.push_back(static_cast<double>(run.images));
    ratios.push_back(static_cast<double>(run.memorized) / weights.back());
  }
  ratios = decreasing_fit(ratios, weights);
  for (std::size_t i = 0; i < pooled.size(); ++i)
    fitted.push_back({pooled[i].size, ratios[i], wilson(pooled[i].memorized, pooled[i].images)});
  return fitted;
}

std::string end_text(double end) {
  if (end == 0) return "below the smallest size";
  if (end == kAbove) return "above the largest size";
  return count_text(std::llround(end));
}

}  // namespace

EmmFit fit_emm(std::span<const RunRatio> runs, const EmmFitParams& params, int threads) {
  detail::expect_replicates("fit_emm", params.replicates, 1);
  Runs by_size;
  for (const RunRatio& run : runs) {
    if (run.images < 1 || run.memorized < 0 || run.memorized > run.images)
      throw Error("fit_emm", fmt::format("{} of {} images memorized at size {}", run.memorized, run.images, run.size),
                  "0 <= memorized <= images, images >= 1", "count again");
    by_size[run.size].push_back(run);
  }
  std::vector<RunRatio> pooled;
  bool seeds = false;
  for (const auto& [size, list] : by_size) {
    pooled.push_back(pool(list));
    seeds = seeds || list.size() > 1;
  }

  EmmFit result;
  result.fitted = fit(pooled);
  result.emm = estimate_emm(result.fitted, params.level);
  result.next = next_size(result.emm);
  result.interval = percentile_interval(detail::replicate(params.replicates, threads, [&](std::size_t r) {
    std::vector<RunRatio> drawn;
    for (const auto& [size, list] : by_size)
      drawn.push_back(pool(draw(list, {params.seed, Stream::bootstrap, r, static_cast<std::uint32_t>(drawn.size())})));
    const Emm emm = estimate_emm(fit(drawn), params.level);
    return emm.logarithmic.value_or(emm.below == 0 ? 0 : kAbove);
  }));
  const std::string low = end_text(result.interval.low), high = end_text(result.interval.high);
  result.statement =
      fmt::format("{}; 95 % interval {}{}{}", result.emm.statement, low == high ? low : low + " to " + high,
                  seeds ? "" : " (of the generated images alone: one run of each size)",
                  result.next ? "; next size to try " + count_text(*result.next) : "");
  return result;
}

}  // namespace diffmem
