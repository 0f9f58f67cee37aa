// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/study/study.hpp>

#include <algorithm>

using namespace diffmem;

namespace {

/// What a study would run.
struct Probe : HeldStudy<tiny::Base> {
  explicit Probe(HeldStudy<tiny::Base> study) : HeldStudy<tiny::Base>(std::move(study)) {}

  /// The settings of each series, on these images.
  std::vector<std::pair<std::string, Listing>> settings(const ImageSet& images) const {
    std::vector<std::pair<std::string, Listing>> all;
    for (const auto& [series, make] : designs_) {
      const RunPlan plan = make(setup_, "cell")->plan(images);
      REQUIRE(plan.series == series);
      REQUIRE(plan.cell == "cell");
      all.emplace_back(series, plan.settings);
    }
    return all;
  }
};

Listing without(Listing listing, const std::vector<std::string>& prefixes) {
  std::erase_if(listing, [&](const auto& entry) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& p) { return entry.first.starts_with(p); });
  });
  return listing;
}

}  // namespace

TEST_CASE("vary changes one policy; what the held design says of the others holds", "[study]") {
  tiny::Base held;
  held.schedule.beta_d = 10, held.embedding.endpoint = false, held.sampler.steps = 7;
  const Setup setup{.data = {.size = 6}, .net = tiny::net(), .train = tiny::params(), .sample = {.images = 10}};
  const auto study = [&] { return Study("s").hold<tiny::Base>(setup, held); };

  const auto alone = Probe(study()).settings(tiny::images(6));
  REQUIRE(alone.size() == 1);
  REQUIRE(alone[0].first.empty());

  const auto schedules = Probe(study().vary<EdmSchedule>()).settings(tiny::images(6));
  REQUIRE(schedules.size() == 2);
  REQUIRE(schedules[0] == std::pair(std::string("vp"), alone[0].second));
  REQUIRE(schedules[1].first == "edm");
  REQUIRE(schedules[1].second.front().second == "edm-positional-ddpmpp-all-none-heun");
  REQUIRE(without(schedules[1].second, {"design", "schedule"}) == without(alone[0].second, {"design", "schedule"}));

  const auto labels = Probe(study().vary<TrueLabels>()).settings(tiny::images(6));
  const auto differing = {std::string("design"), std::string("condition"), std::string("net.label_dim")};
  REQUIRE(without(labels[1].second, differing) == without(alone[0].second, differing));
  REQUIRE(std::ranges::find(labels[1].second, std::pair(std::string("net.label_dim"), std::string("3"))) !=
          labels[1].second.end());
}
