// SPDX-License-Identifier: MIT
// The paper's printed and drawn numbers, as if three training seeds had been run: what the paper says of them must hold,
// and must not when they are turned round.
#include "check.hpp"

#include <diffmem/study/all.hpp>
#include <diffmem/study/detail/cells.hpp>
#include <diffmem/study/printed.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>

extern const std::string_view kPaperResults;  // studies/common/paper_results.csv, by CMake

using namespace diffmem;

namespace {

Listing listing_of(std::string_view text) {
  Listing at;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(' '));
    const std::size_t equals = part.find('=');
    at.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return at;
}

void note(std::vector<GridAxis>& axes, const Listing& at) {
  for (const auto& [axis, label] : at) {
    auto here = std::ranges::find(axes, axis, &GridAxis::name);
    if (here == axes.end()) here = axes.insert(here, {axis, {}});
    if (std::ranges::find(here->labels, label) == here->labels.end()) here->labels.push_back(label);
  }
}

Evaluation evaluation(double epoch, double ratio, double knn) {
  return {
      .epoch = epoch, .images = 10'000, .memorized = std::llround(10'000 * ratio), .ratio = ratio, .knn_distance = knn};
}

/// What the paper prints of a study, or (turned) its mirror image; seeds differ by 0.2 points.
Results printed_results(const std::string& study, bool turned) {
  std::map<std::string, std::pair<double, double>> values;  // ratio, KNN distance
  Results r;
  for (const PrintedRecord& p : printed_of(study)) {
    auto [at, fresh] = values.try_emplace(p.at, -1, -1);
    if (p.ratio >= 0) at->second.first = p.ratio;
    if (p.knn >= 0) at->second.second = p.knn;
    if (fresh) note(r.axes, listing_of(p.at));
  }
  for (const auto& [at, value] : values)
    for (int s = 0; s < 3; ++s) {
      const double ratio = turned ? 1 - value.first : value.first, knn = turned ? 50 - value.second : value.second;
      r.runs.push_back({.at = listing_of(at),
                        .seed = static_cast<std::uint64_t>(s),
                        .evaluations = {evaluation(1, std::clamp(ratio + 0.002 * (s - 1), 0.0, 1.0), knn + 0.1 * s)}});
    }
  return r;
}

bool printed_knn(const Results& r) {
  return std::ranges::all_of(r.runs, [](const Result& run) { return run.evaluations[0].knn_distance > 0.5; });
}

const StudyBase& study_of(const std::string& name) {
  const auto& all = registered_studies();
  const auto at = std::ranges::find(all, name, &StudyBase::name);
  REQUIRE(at != all.end());
  return *at;
}

const bool set = (set_printed(kPaperResults), true);

}  // namespace

TEST_CASE("the paper's claims hold for the paper's numbers, and not for their mirror image", "[paper]") {
  REQUIRE(set);
  // By the place of a claim in its study: + held; = held, of the mirror image as well, since it says of two that they are
  // alike; ? undecided, since numbers are missing.
  const std::map<std::string, std::string> expected{
      {"batch-size", "+="},         {"weight-decay", "=++"},      {"ema", "="},
      {"conditioning", "++=++?"},   {"resolution", "++++++"},     {"skip-location", "++??"},
      {"random-classes", "+?+?+?"}, {"skip-resolution", "+?????"}};
  for (const auto& [name, outcomes] : expected) {
    const StudyBase& study = study_of(name);
    const Results paper = printed_results(name, false), mirror = printed_results(name, true);
    REQUIRE(study.claimed.size() == outcomes.size());
    for (std::size_t i = 0; i < study.claimed.size(); ++i) {
      const Claim& claim = study.claimed[i];
      const Verdict v = claim(paper);
      INFO(name << ": " << claim.text << " " << v.reason << " | " << claim(mirror).reason);
      REQUIRE((v.outcome == Outcome::held) == (outcomes[i] != '?'));
      REQUIRE(v.outcome != Outcome::not_held);
      if (outcomes[i] == '+') REQUIRE(claim(mirror).outcome != Outcome::held);
      if (!claim.has_knn_view || !printed_knn(paper)) continue;
      INFO(claim(paper, Measure::knn).reason << " | " << claim(mirror, Measure::knn).reason);
      REQUIRE(claim(paper, Measure::knn).outcome == Outcome::held);
    }
  }
}

TEST_CASE("the paper's grid has what every claim asks for", "[paper]") {
  for (const StudyBase& study : registered_studies()) {
    TrainingSets sets(true);
    Options options;
    options.profile = Profile::paper, options.seeds = 3;
    const StudyGrid grid = grid_of(study, options, sets);
    Results r{.axes = grid.axes, .runs = {}};
    for (const Cell& cell : grid.cells)
      r.runs.push_back(
          {.at = cell.at,
           .seed = cell.seed,
           .evaluations = {evaluation(1, 0.4, 20), evaluation(10, 0.5, 10 + 0.1 * double(cell.seed % 3))}});
    if (const auto& sizes = study.spread_sizes.of(Profile::paper); !sizes.empty()) {
      GridAxis& axis = r.axes.emplace_back(GridAxis{"images", {}});
      for (const std::int64_t n : sizes) {
        axis.labels.push_back(std::to_string(n));
        r.spreads.push_back({{{"images", std::to_string(n)}}, 0.001});
      }
    }
    for (const Claim& claim : study.claimed) {
      const std::string reason = claim(r).reason;
      INFO(study.name << ": " << claim.text << " " << reason);
      for (const char* lack : {"the grid has no", "are needed", "share", "no place", "no sample", "no evaluation"})
        REQUIRE(reason.find(lack) == std::string::npos);
    }
  }
}

TEST_CASE("the basic setup is one run for every study that has it", "[paper]") {
  std::map<std::string, std::set<std::string>> having;  // the studies by their runs' names
  std::string basic;
  for (const StudyBase& study : registered_studies()) {
    TrainingSets sets(true);
    Options options;
    options.profile = Profile::paper;
    for (const Cell& cell : grid_of(study, options, sets).cells) {
      having[cell.plan.name].insert(study.name);
      if (study.name == "conditioning" && Where("condition=none size=2000")(cell.at)) basic = cell.plan.name;
    }
  }
  REQUIRE(having[basic] == std::set<std::string>{"batch-size", "classes", "conditioning", "depth", "depth-2k",
                                                 "random-classes", "resolution", "time-embedding", "weight-decay",
                                                 "width", "width-2k"});
}
