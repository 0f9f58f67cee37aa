// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "sampler/laws.hpp"
#include "train/laws.hpp"

#include <diffmem/sampler/mine.hpp>

using namespace diffmem;

namespace {

struct Case {
  static constexpr bool noisy = false;  // TODO: whether it adds fresh noise
  static Mine make(int steps) { return {.steps = steps}; }
};

}  // namespace

TEST_CASE("sampler mine: the laws of a sampler", "[sampler][law]") {
  laws::lists_its_parameters<Mine>();
  laws::plan_falls_to_zero<Case>();
  laws::images_depend_on_their_index_alone<Case>();
  laws::levels_stay_in_range<Case>();
  laws::fresh_noise_once_a_step<Case>();
  laws::ends_at_the_law_of_gaussian_data<Case>();
}

TEST_CASE("sampler mine: trains and samples", "[sampler][train]") {
  const with<tiny::Base, Mine> design;
  laws::trains_and_samples(design);
}

// TODO: the equation of your step, written out, in place of this one.
TEST_CASE("sampler mine: Euler's steps", "[sampler]") {
  const NoiseSource noise = image_noise(8, 0, 3, {1, 2, 2});
  const testing::Gaussian denoise;
  Tensor z = noise.latents() * 80.0;
  const auto level = rho_grid(13, 0.002, 80, 7);
  for (std::size_t i = 0; i + 1 < level.size(); ++i) {
    const Tensor x0 = denoise(z, full({3}, level[i], kFloat64));
    z = x0 + (z - x0) * (level[i + 1] / level[i]);
  }
  REQUIRE(testing::largest(Case::make(13)(denoise, noise, testing::kAnySigma) - z) < 1e-12);
}

TEST_CASE("sampler mine: numbers out of range are refused", "[sampler]") {
  const std::string text = complaint([] { Case::make(0).plan(testing::kAnySigma); });
  REQUIRE(says(text, "sampling grid", {"0 noise levels", "1 or more"}));
}
