// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/study/claim.hpp>

#include <cmath>

using namespace diffmem;

namespace {

/// Ratios of width 1, 2, 3 (rows) at sizes 10 and 20 (columns), three seeds that differ by `spread`.
Results grid(const std::vector<std::pair<double, double>>& ratios, double spread = 0.01, std::uint64_t seeds = 3) {
  Results r{.axes = {{"width", {}}, {"size", {"10", "20"}}}, .runs = {}};
  for (std::size_t w = 0; w < ratios.size(); ++w) {
    r.axes[0].labels.push_back(std::to_string(w + 1));
    for (std::uint64_t s = 0; s < seeds; ++s)
      for (const auto& [size, ratio] : {std::pair("10", ratios[w].first), std::pair("20", ratios[w].second)})
        r.runs.push_back({.at = {{"width", std::to_string(w + 1)}, {"size", size}},
                          .seed = s,
                          .ratio = ratio + spread * (static_cast<double>(s) - 1),
                          .knn = 40 * (1 - ratio) + spread * static_cast<double>(s)});
  }
  return r;
}

Outcome of(const Claim& claim, const Results& results, Measure measure = Measure::ratio) {
  return claim.test(results, measure).outcome;
}

}  // namespace

TEST_CASE("a Where selects by labels, beginnings and alternatives", "[study][claim]") {
  const Listing at{{"skip", "32:m2:1"}, {"size", "100"}};
  REQUIRE(Where("")(at));
  REQUIRE(Where("size=100")(at));
  REQUIRE(Where("skip=32:m2*")(at));
  REQUIRE(Where("skip=16|32:m2:1 size=100")(at));
  REQUIRE(!Where("size=10")(at));
  REQUIRE(!Where("size=100 skip=32")(at));
  REQUIRE(!Where("width=1")(at));
  REQUIRE((Where("size=100") & Where("skip=16"))(at) == false);
  for (const char* wrong : {"size", "=3", "size="})
    REQUIRE(says(complaint([&] { Where{wrong}; }), "claim", {wrong, "AXIS=LABEL"}));
}

TEST_CASE("a comparison is decided by an interval over training seeds", "[study][claim]") {
  const Claim up = claim::more("", "width=2", "width=1");
  REQUIRE(of(up, grid({{.5, .4}, {.7, .6}})) == Outcome::held);
  REQUIRE(of(up, grid({{.7, .6}, {.5, .4}})) == Outcome::not_held);
  REQUIRE(of(up, grid({{.5, .4}, {.52, .42}}, 0.05)) == Outcome::undecided);
  // A smaller KNN distance is more memorization.
  REQUIRE(of(up, grid({{.5, .4}, {.7, .6}}), Measure::knn) == Outcome::held);
  REQUIRE(of(up, grid({{.7, .6}, {.5, .4}}), Measure::knn) == Outcome::not_held);
  // Means over sizes: 0.45 and 0.65 with the same spread over seeds, so Welch's interval is known.
  const std::string reason = up.test(grid({{.5, .4}, {.7, .6}}), Measure::ratio).reason;
  const double half = 2.7764451051977987 * 0.01 * std::sqrt(2.0 / 3);  // Student's quantile of 4 degrees of freedom
  REQUIRE(reason.find(fmt::format("45.0 %")) != std::string::npos);
  REQUIRE(reason.find(fmt::format("[+{:.2f}, +{:.2f}]", 20 - 100 * half, 20 + 100 * half)) != std::string::npos);
}

TEST_CASE("one training seed decides nothing", "[study][claim]") {
  const Results one = grid({{1, 1}, {0, 0}, {0, 0}}, 0, 1);
  for (const Claim& claim :
       {claim::more("", "width=1", "width=2"), claim::falls("", "width"), claim::at_least("", "width=1", 0.5),
        claim::alike("", "width=2", "width=3", 0.1), claim::emm_larger("", "width=1", "width=2")}) {
    const Verdict v = claim.test(one, Measure::ratio);
    REQUIRE(v.outcome == Outcome::undecided);
    REQUIRE(v.reason.find("--seeds 3") != std::string::npos);
  }
}

TEST_CASE("a trend holds if its ends do and no step is certainly against it", "[study][claim]") {
  REQUIRE(of(claim::rises("", "width"), grid({{.2, .1}, {.5, .4}, {.9, .8}})) == Outcome::held);
  REQUIRE(of(claim::falls("", "width"), grid({{.2, .1}, {.5, .4}, {.9, .8}})) == Outcome::not_held);
  REQUIRE(of(claim::falls("", "size"), grid({{.2, .1}, {.5, .4}, {.9, .8}})) == Outcome::held);
  REQUIRE(of(claim::rises("", "width"), grid({{.2, .1}, {.9, .8}, {.5, .4}})) == Outcome::not_held);
  REQUIRE(of(claim::rises("", "width"), grid({{.2, .1}, {.505, .4}, {.5, .4}})) == Outcome::held);
  REQUIRE(of(claim::rises("", "width"), grid({{.2, .1}, {.2, .1}, {.2, .1}})) == Outcome::undecided);
  REQUIRE(of(claim::peaks_inside("", "width"), grid({{.2, .1}, {.9, .8}, {.5, .4}})) == Outcome::held);
  REQUIRE(of(claim::peaks_inside("", "width"), grid({{.2, .1}, {.5, .4}, {.9, .8}})) == Outcome::not_held);
}

TEST_CASE("bounds are of every cell, likeness has a margin", "[study][claim]") {
  const Results r = grid({{.95, .93}, {.96, .5}, {.95, .93}}, 0.002);
  REQUIRE(of(claim::at_least("", "width=1", 0.9), r) == Outcome::held);
  REQUIRE(of(claim::at_least("", "width=2", 0.9), r) == Outcome::not_held);
  REQUIRE(of(claim::at_least("", "width=1 size=20", 0.93), r) == Outcome::undecided);
  REQUIRE(of(claim::at_most("", "width=2 size=20", 0.6), r) == Outcome::held);
  REQUIRE(of(claim::at_most("", "width=2", 0.6), r) == Outcome::not_held);
  REQUIRE(of(claim::alike("", "width=1", "width=3", 0.02), r) == Outcome::held);
  REQUIRE(of(claim::alike("", "width=1", "width=2", 0.02), r) == Outcome::not_held);
  REQUIRE(of(claim::alike("", "width=1", "width=3", 0.001), r) == Outcome::undecided);
  REQUIRE(of(claim::steady("", "width=1", 0.02), r) == Outcome::held);  // 0.002; at most 0.0126 by chi-squared
  REQUIRE(of(claim::steady("", "width=1", 0.005), r) == Outcome::undecided);
  REQUIRE(of(claim::steady("", "", 0.0005), r) == Outcome::not_held);
  REQUIRE(of(claim::spreads_more("", "width=2", "width=1"), r) == Outcome::held);
}

TEST_CASE("an EMM outside the sizes counts as the nearest size", "[study][claim]") {
  // Width 1: below both sizes; width 2: between them; width 3: above both.
  const Results r = grid({{.5, .1}, {.95, .5}, {.99, .98}}, 0.001);
  REQUIRE(of(claim::emm_rises("", "width"), r) == Outcome::held);
  REQUIRE(of(claim::emm_falls("", "width"), r) == Outcome::not_held);
  REQUIRE(of(claim::emm_larger("", "width=3", "width=1"), r) == Outcome::held);
  const auto between = seed_emms(r, "width=2");
  REQUIRE(between.size() == 3);
  REQUIRE(std::abs(between[1] - std::log2(10 * std::pow(2.0, (.95 - .9) / (.95 - .5)))) < 1e-12);
  REQUIRE(seed_emms(r, "width=1")[0] == std::log2(10));
  REQUIRE(seed_emms(r, "width=3")[0] == std::log2(20));
}

TEST_CASE("what the grid has not is named, an axis that is not there is an error", "[study][claim]") {
  const Results r = grid({{.5, .1}});
  REQUIRE(claim::at_least("", "width=320", 0.9).test(r, Measure::ratio).reason == "the grid has no width = 320");
  REQUIRE(of(claim::rises("", "width"), r) == Outcome::undecided);
  REQUIRE(says(complaint([&] { claim::rises("", "depth").test(r, Measure::ratio); }), "claim",
               {"\"depth\"", "width, size"}));
  Results missing = grid({{.5, .1}, {.6, .2}});
  std::erase_if(missing.runs, [](const Result& run) { return run.seed == 1 && run.at[0].second == "2"; });
  REQUIRE(seed_means(missing, "width=1", Measure::ratio).size() == 3);
  REQUIRE(seed_means(missing, "", Measure::ratio).size() == 2);  // a seed that lacks a cell is left out
}
