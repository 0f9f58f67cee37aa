// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/core/params.hpp>

using namespace diffmem;

TEST_CASE("one policy is replaced; the others keep their parameters", "[train][design]") {
  tiny::Base held;
  held.schedule.beta_d = 10, held.sampler.steps = 7;
  const auto labelled = replace(held, TrueLabels{});
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(labelled)>, with<tiny::Base, TrueLabels>>);
  REQUIRE(labelled.schedule.beta_d == 10);
  REQUIRE(labelled.sampler.steps == 7);

  const auto other = replace(held, EdmSchedule{.p_mean = -0.5});
  REQUIRE(other.schedule.p_mean == -0.5);
  REQUIRE(other.sampler.steps == 7);
}
