// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/study/study.hpp>

#include <algorithm>

using namespace diffmem;

namespace {

/// What each design of a study is called, and its settings on these images.
std::vector<std::pair<Listing, Listing>> settings(const StudyBase& study, const ImageSet& images) {
  std::vector<std::pair<Listing, Listing>> all;
  for (const auto& variant : study.variants) {
    const RunPlan plan = variant.make(study.setup(Profile::desktop), "series", "cell")->plan(images, "");
    REQUIRE(plan.series == "series");
    REQUIRE(plan.cell == "cell");
    all.emplace_back(variant.at, plan.settings);
  }
  return all;
}

Listing without(Listing listing, const std::vector<std::string>& prefixes) {
  std::erase_if(listing, [&](const auto& entry) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& p) { return entry.first.starts_with(p); });
  });
  return listing;
}

}  // namespace

TEST_CASE("a profile without values takes those of the one above it", "[study][profile]") {
  const Values<int> some{.paper = {1}, .desktop = {2, 3}};
  REQUIRE(some.of(Profile::paper) == std::vector{1});
  REQUIRE(some.of(Profile::gpu) == std::vector{1});
  REQUIRE(some.of(Profile::desktop) == std::vector{2, 3});
  REQUIRE(some.of(Profile::smoke) == std::vector{2, 3});
  REQUIRE(Values<int>{}.of(Profile::smoke).empty());
}

TEST_CASE("vary changes one policy; what the held design says of the others holds", "[study]") {
  tiny::Base held;
  held.schedule.beta_d = 10, held.embedding.endpoint = false, held.sampler.steps = 7;
  const Setup setup{.data = {.size = 6}, .net = tiny::net(), .train = tiny::params(), .sample = {.images = 10}};
  const auto study = [&] { return Study("s").hold<tiny::Base>(setup, held); };

  const auto alone = settings(study(), tiny::images(6));
  REQUIRE(alone.size() == 1);
  REQUIRE(alone[0].first.empty());

  const auto schedules = settings(study().vary<EdmSchedule>(), tiny::images(6));
  REQUIRE(schedules.size() == 2);
  REQUIRE(schedules[0].first == Listing{{"schedule", "vp"}});
  REQUIRE(schedules[0].second == alone[0].second);
  REQUIRE(schedules[1].first == Listing{{"schedule", "edm"}});
  REQUIRE(schedules[1].second.front().second == "edm-positional-ddpmpp-all-none-heun");
  REQUIRE(without(schedules[1].second, {"design", "schedule"}) == without(alone[0].second, {"design", "schedule"}));

  const auto labels = settings(study().vary<TrueLabels>(), tiny::images(6));
  const auto differing = {std::string("design"), std::string("condition"), std::string("net.label_dim")};
  REQUIRE(without(labels[1].second, differing) == without(alone[0].second, differing));
  REQUIRE(std::ranges::find(labels[1].second, std::pair(std::string("net.label_dim"), std::string("3"))) !=
          labels[1].second.end());
}
