// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/study/claim.hpp>

#include <cmath>

using namespace diffmem;

namespace {

/// A run that was evaluated once, on `images` images (0: so many that they make no noise).
Result run(Listing at, std::uint64_t seed, double ratio, std::int64_t images = 0) {
  return {.at = std::move(at),
          .seed = seed,
          .evaluations = {{.epoch = 1,
                           .images = images,
                           .memorized = std::llround(ratio * static_cast<double>(images)),
                           .ratio = ratio,
                           .knn_distance = 40 * (1 - ratio)}}};
}

/// Ratios of width 1, 2, 3 (rows) at sizes 10 and 20 (columns), three seeds that differ by `spread`.
Results grid(const std::vector<std::pair<double, double>>& ratios, double spread = 0.01, std::uint64_t seeds = 3) {
  Results r{.axes = {{"width", {}}, {"size", {"10", "20"}}}, .runs = {}};
  for (std::size_t w = 0; w < ratios.size(); ++w) {
    r.axes[0].labels.push_back(std::to_string(w + 1));
    for (std::uint64_t s = 0; s < seeds; ++s)
      for (const auto& [size, ratio] : {std::pair("10", ratios[w].first), std::pair("20", ratios[w].second)})
        r.runs.push_back(
            run({{"width", std::to_string(w + 1)}, {"size", size}}, s, ratio + spread * (static_cast<double>(s) - 1)));
  }
  return r;
}

Outcome of(const Claim& claim, const Results& results, Measure measure = Measure::ratio) {
  return claim(results, measure).outcome;
}

}  // namespace

TEST_CASE("a Where selects by labels and alternatives", "[study][claim]") {
  const Listing at{{"skip", "32:m2:1"}, {"size", "100"}};
  REQUIRE(Where("")(at));
  REQUIRE(Where("size=100")(at));
  REQUIRE(!Where("skip=32:m2")(at));
  REQUIRE(Where("skip=16 size=3").differing("skip=16 size=4") == std::vector<std::string>{"size"});
  REQUIRE(Where("skip=16").differing("size=4") == std::vector<std::string>{"skip", "size"});
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
  const std::string reason = up(grid({{.5, .4}, {.7, .6}})).reason;
  const double half = 2.7764451051977987 * 0.01 * std::sqrt(2.0 / 3);  // Student's quantile of 4 degrees of freedom
  REQUIRE(reason.find(fmt::format("45.0 %")) != std::string::npos);
  REQUIRE(reason.find(fmt::format("[+{:.2f}, +{:.2f}]", 20 - 100 * half, 20 + 100 * half)) != std::string::npos);
}

TEST_CASE("one training seed decides nothing", "[study][claim]") {
  const Results one = grid({{1, 1}, {0, 0}, {0, 0}}, 0, 1);
  for (const Claim& claim :
       {claim::more("", "width=1", "width=2"), claim::falls("", "width"), claim::at_least("", "width=1", 0.5),
        claim::alike("", "width=2", "width=3", 0.1), claim::emm_larger("", "width=1", "width=2")}) {
    const Verdict v = claim(one);
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
  REQUIRE(of(claim::near("", "width=1", 0.94, 0.03), r) == Outcome::held);
  REQUIRE(of(claim::near("", "width=1", 0.94, 0.001), r) == Outcome::not_held);
  REQUIRE(of(claim::flat("", "width", "size=10", 0.02), r) == Outcome::held);
  REQUIRE(of(claim::flat("", "width", "size=20", 0.02), r) == Outcome::not_held);
  const Results across = grid({{.90, .50}, {.94, .45}}, 0.002);  // the mean of both sizes would hide it
  REQUIRE(of(claim::alike("", "width=1", "width=2", 0.02), across) == Outcome::held);
  REQUIRE(of(claim::flat("", "width", "", 0.02), across) == Outcome::not_held);
  REQUIRE(of(claim::flat("", "width", "", 0.06), across) == Outcome::held);
  const Results spread = grid({{.5, .5}, {.52, .52}, {.1, .1}, {.9, .9}}, 0.002);
  REQUIRE(of(claim::spreads_more("", "width=3|4", "width=1|2"), spread) == Outcome::held);
  REQUIRE(of(claim::spreads_more("", "width=1|2", "width=3|4"), spread) == Outcome::not_held);
}

TEST_CASE("an EMM outside the sizes counts as the nearest size", "[study][claim]") {
  // Width 1: below both sizes; width 2: between them; width 3: above both.
  const Results r = grid({{.5, .1}, {.95, .5}, {.99, .98}}, 0.001);
  REQUIRE(of(claim::emm_rises("", "width"), r) == Outcome::held);
  REQUIRE(of(claim::emm_falls("", "width"), r) == Outcome::not_held);
  REQUIRE(of(claim::emm_larger("", "width=3", "width=1"), r) == Outcome::held);
  REQUIRE(of(claim::emm_times("", "width=3", "width=1", 1.9, 2.1), r) == Outcome::held);  // sizes 20 and 10
  REQUIRE(of(claim::emm_times("", "width=3", "width=1", 3, 5), r) == Outcome::not_held);
  // Width 2: 10 * 2^((0.95 - 0.9) / (0.95 - 0.5)) = 10.8.
  REQUIRE(of(claim::emm_between("", "width=2", 10.7, 10.9), r) == Outcome::held);
  REQUIRE(of(claim::emm_between("", "width=2", 11, 12), r) == Outcome::not_held);
}

TEST_CASE("what the grid has not is named, an axis that is not there is an error", "[study][claim]") {
  const Results r = grid({{.5, .1}});
  REQUIRE(claim::at_least("", "width=320", 0.9)(r).reason == "the grid has no width = 320");
  REQUIRE(of(claim::at_least("", "width=320|1", 0.05), r) == Outcome::held);  // one of several profiles' labels
  REQUIRE(of(claim::rises("", "width"), r) == Outcome::undecided);
  REQUIRE(says(complaint([&] { claim::rises("", "depth")(r); }), "claim", {"\"depth\"", "width, size"}));
}

TEST_CASE("a run that is not finished leaves the claims on it undecided", "[study][claim]") {
  Results r = grid({{.5, .1}, {.9, .8}, {.95, .9}});
  const auto gone = std::ranges::find_if(r.runs, Where("width=2 size=20"));
  gone->evaluations.clear();
  for (const Claim& claim : {claim::more("", "width=2", "width=1"), claim::rises("", "width"),
                             claim::at_least("", "width=2", 0.1), claim::emm_rises("", "width"),
                             claim::peaks_inside("", "width"), claim::each("size", claim::rises("", "width"))})
    REQUIRE(claim(r).reason.find("width=2 size=20, seed 0, is not finished") != std::string::npos);
  REQUIRE(of(claim::more("", "width=3", "width=1"), r) == Outcome::held);
}

TEST_CASE("what is compared is compared at the places that both sides have", "[study][claim]") {
  // Width 2 memorizes more at each size, but only the larger size, where little is memorized, was run.
  Results r = grid({{.9, .1}, {.95, .2}});
  std::erase_if(r.runs, Where("width=2 size=10"));
  REQUIRE(of(claim::more("", "width=2", "width=1"), r) == Outcome::held);
  REQUIRE(of(claim::rises("", "width"), r) == Outcome::held);
  REQUIRE(of(claim::more("", "width=2 size=20", "width=1 size=10"), r) == Outcome::not_held);
  // Curves over other sizes: an EMM below 10 and one below 20 do not differ.
  Results apart = grid({{.1, .05}, {.1, .05}});
  std::erase_if(apart.runs, Where("width=2 size=10"));
  REQUIRE(of(claim::emm_larger("", "width=2", "width=1"), apart) == Outcome::undecided);
  // An EMM needs the sizes of its own curve, not those of others.
  const Results holes = [] {
    Results h = grid({{.95, .5}, {.99, .95}});
    std::erase_if(h.runs, Where("width=1 size=20"));
    return h;
  }();
  REQUIRE(of(claim::emm_larger("", "width=2", "width=1"), holes) == Outcome::undecided);  // both reach size 10
}

TEST_CASE("an interval is no narrower than the number of images allows", "[study][claim]") {
  Results r{.axes = {{"width", {"1", "2"}}, {"size", {"10"}}}, .runs = {}};
  for (std::uint64_t s = 0; s < 3; ++s) {
    r.runs.push_back(run({{"width", "1"}, {"size", "10"}}, s, 0, 500));
    r.runs.push_back(run({{"width", "2"}, {"size", "10"}}, s, 0.002, 500));
  }
  // Wilson: none of 1,500 is at most 0.26 %.
  REQUIRE(of(claim::at_most("", "width=1", 0.001), r) == Outcome::undecided);
  REQUIRE(of(claim::at_most("", "width=1", 0.003), r) == Outcome::held);
  REQUIRE(of(claim::more("", "width=2", "width=1"), r) == Outcome::undecided);  // one image of 500 each
  for (Result& x : r.runs) x.evaluations[0].images = 0;
  REQUIRE(of(claim::at_most("", "width=1", 0.001), r) == Outcome::held);
  REQUIRE(of(claim::more("", "width=2", "width=1"), r) == Outcome::held);
  // The standard deviation over seeds, less that of the images: sqrt(0.5 * 0.5 / 500) = 2.2 points.
  Results two{.axes = {{"size", {"10"}}}, .runs = {}};
  for (std::uint64_t s = 0; s < 3; ++s)
    two.runs.push_back(run({{"size", "10"}}, s, 0.5 + 0.01 * static_cast<double>(s), 500));
  REQUIRE(of(claim::steady("", "", 0.001), two) == Outcome::undecided);
  for (Result& x : two.runs) x.evaluations[0].images = 0;
  REQUIRE(of(claim::steady("", "", 0.001), two) == Outcome::not_held);
}

TEST_CASE("one of many steps must be surer than one alone", "[study][claim]") {
  // Eight steps up, one down by as much as one test alone would call certain.
  std::vector<std::pair<double, double>> ratios;
  for (int w = 0; w < 9; ++w) ratios.emplace_back(0.1 * w, 0.1 * w);
  ratios[5] = {ratios[4].first - 0.025, ratios[4].second - 0.025};
  const Results r = grid(ratios);
  REQUIRE(of(claim::more("", "width=5", "width=6"), r) == Outcome::held);
  REQUIRE(of(claim::rises("", "width"), r) == Outcome::held);
  ratios[5] = {ratios[4].first - 0.08, ratios[4].second - 0.08};
  REQUIRE(of(claim::rises("", "width"), grid(ratios)) == Outcome::not_held);
}

TEST_CASE("peaks, valleys and who is ahead", "[study][claim]") {
  REQUIRE(of(claim::several_peaks("", "width"), grid({{.5, .5}, {.2, .2}, {.6, .6}})) == Outcome::held);
  REQUIRE(of(claim::several_peaks("", "width"), grid({{.2, .2}, {.5, .5}, {.3, .3}})) == Outcome::not_held);
  // Three evaluations; width 2 is ahead of width 1 at all of them, or behind at the first.
  const auto course = [](double first) {
    Results r{.axes = {{"width", {"1", "2"}}, {"size", {"10"}}}, .runs = {}};
    for (std::uint64_t s = 0; s < 3; ++s)
      for (int w = 1; w <= 2; ++w) {
        Result run{.at = {{"width", std::to_string(w)}, {"size", "10"}}, .seed = s};
        for (int t = 0; t < 3; ++t)
          run.evaluations.push_back(
              {.epoch = 10.0 * (t + 1),
               .ratio = 0.2 * t + (w == 2 ? (t == 0 ? first : 0.1) : 0.05) + 0.002 * static_cast<double>(s)});
        r.runs.push_back(run);
      }
    return r;
  };
  REQUIRE(of(claim::ahead("", "width"), course(0.08)) == Outcome::held);
  REQUIRE(of(claim::ahead("", "width"), course(0.01)) == Outcome::not_held);
  REQUIRE(of(claim::overtaken("", "width"), course(0.08)) == Outcome::not_held);
  const Claim early = claim::at_least_within("", "width=2", 0.25, 0.7);  // the second of three evaluations: 0.3
  REQUIRE(of(early, course(0.08)) == Outcome::held);
  REQUIRE(of(claim::at_least_within("", "width=2", 0.35, 0.7), course(0.08)) == Outcome::not_held);
  REQUIRE(of(claim::at_least_within("", "width=2", 0.1, 0.1), course(0.08)) == Outcome::undecided);
  REQUIRE(of(claim::at_least_but_twins("", "width=1", 0.9), course(0.08)) == Outcome::not_held);
  REQUIRE(of(claim::lands("", "", 1), grid({{1, 1}}, 0)) == Outcome::held);
  REQUIRE(of(claim::lands("", "", 1), grid({{1, .9}}, 0)) == Outcome::not_held);
}

TEST_CASE("each label of an axis by itself", "[study][claim]") {
  const Claim up = claim::each("size", claim::rises("", "width"));
  REQUIRE(of(up, grid({{.1, .5}, {.2, .6}})) == Outcome::held);
  REQUIRE(of(up, grid({{.1, .6}, {.4, .5}})) == Outcome::not_held);  // the mean rises
}
