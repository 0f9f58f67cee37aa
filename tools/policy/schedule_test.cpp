// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "schedule/laws.hpp"
#include "train/laws.hpp"

#include <diffmem/schedule/mine.hpp>

using namespace diffmem;

TEST_CASE("schedule mine: the laws of a schedule", "[schedule][law]") {
  const MineSchedule schedule;
  laws::lists_its_parameters<MineSchedule>();
  laws::is_the_identity_without_noise(schedule);
  laws::weight_undoes_c_out(schedule);
  laws::coefficients_follow_sigma(schedule);
  laws::training_sigmas_follow_their_law(schedule);
}

TEST_CASE("schedule mine: trains and samples", "[schedule][train]") {
  const with<tiny::Base, MineSchedule> design;
  laws::trains_and_samples(design);
}

// TODO: the laws of your formula in place of this one's.
TEST_CASE("schedule mine: unit variance goes in, ln sigma is uniform", "[schedule]") {
  const MineSchedule schedule{.sigma_data = 0.4, .smallest = 0.01, .largest = 50};
  const Tensor sigma = laws::sigmas(), u = arange(101, kFloat64) / 100.0;
  const Tensor variance = (sigma.square() + 0.4 * 0.4) * schedule.coefficients(sigma).c_in.square();
  REQUIRE(laws::apart(variance, laws::ones()) < 1e-12);
  REQUIRE(laws::apart(schedule.training_sigma(u).log(), u * std::log(50 / 0.01) + std::log(0.01)) < 1e-12);
  REQUIRE(schedule.sigma_min() == 0.01);
  REQUIRE(schedule.sigma_max() == 50);
}

TEST_CASE("schedule mine: numbers out of range are refused", "[schedule]") {
  const std::vector<MineSchedule> all = {{.sigma_data = 0}, {.smallest = 0}, {.largest = 0.001}};
  for (const auto& bad : all) {
    const std::string text = complaint([&] { bad.validate(); });
    REQUIRE(says(text, "schedule mine", {"sigma_data", "0 < smallest < largest"}));
  }
}
