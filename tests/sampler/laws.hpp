// SPDX-License-Identifier: MIT
// What every sampler owes, whatever its steps.  A Case is a sampler with settings, as samplers.hpp has them: make(steps),
// and noisy, whether it adds fresh noise.
#pragma once
#include "policy_laws.hpp"
#include "sampler/samplers.hpp"

#include <diffmem/sampler/generate.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace diffmem::laws {

using namespace diffmem::testing;

inline const Shape kShape = {1, 3, 5};

/// A step per noise level; the levels fall strictly from the first one, where the latents are scaled to.
template <class Case>
void plan_falls_to_zero() {
  for (const int steps : {1, 2, 7}) {
    const Plan plan = Case::make(steps).plan({0.05, 5});
    REQUIRE(plan.steps.size() == static_cast<std::size_t>(steps));
    const WalkStep& first = plan.steps[0];
    const double begun = first.churn > 0 ? first.at.sigma / std::sqrt(2) : first.at.sigma;
    REQUIRE(plan.start * first.carry >= begun * first.at.scale * (1 - 1e-9));
    REQUIRE(plan.start * first.carry <= first.at.sigma * first.at.scale * (1 + 1e-9));
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      REQUIRE(plan.steps[i].at.sigma > 0);
      if (i > 0) REQUIRE(plan.steps[i].at.sigma < plan.steps[i - 1].at.sigma);
    }
  }
}

/// Image i depends neither on its neighbours nor on the batch, bit for bit.
template <class Case>
void images_depend_on_their_index_alone() {
  const auto sampler = Case::make(12);
  const Tensor all = sampler(Gaussian{}, image_noise(5, 0, 9, kShape), {0.01, 80});
  REQUIRE(all.isfinite().all().item().toBool());
  for (const auto& [first, count] : {std::pair{0, 1}, {1, 3}, {4, 5}, {8, 1}})
    REQUIRE(sampler(Gaussian{}, image_noise(5, static_cast<std::uint64_t>(first), count, kShape), {0.01, 80})
                .equal(all.narrow(0, first, count)));
  REQUIRE_FALSE(sampler(Gaussian{}, image_noise(6, 0, 9, kShape), {0.01, 80}).equal(all));

  GenerateOptions options;
  options.seed = 5, options.images = 9, options.batch = 9, options.shape = kShape;
  const auto pixels = generate(sampler, Gaussian{}, {0.01, 80}, options);
  options.batch = 4;
  REQUIRE(generate(sampler, Gaussian{}, {0.01, 80}, options) == pixels);
  options.first = 3, options.images = 2;
  REQUIRE(generate(sampler, Gaussian{}, {0.01, 80}, options) ==
          std::vector<std::uint8_t>(pixels.begin() + 3 * 15, pixels.begin() + 5 * 15));
}

/// The denoiser sees float64 levels inside its range, and the labels, evaluations() times.
template <class Case>
void levels_stay_in_range() {
  const SigmaRange range{0.05, 5};
  const Tensor labels = tensor_of(std::vector<std::int64_t>{3, 1});
  for (const int steps : {1, 2, 7}) {
    const auto sampler = Case::make(steps);
    int calls = 0;
    double low = 1e9, high = 0;
    const auto counting = [&](const Tensor& x, const Tensor& sigma, const Tensor& given) {
      ++calls;
      REQUIRE(x.scalar_type() == kFloat64);
      REQUIRE(sigma.scalar_type() == kFloat64);
      REQUIRE(sigma.sizes() == at::IntArrayRef{x.size(0)});
      REQUIRE(given.equal(labels));
      low = std::min(low, sigma.min().item().toDouble()), high = std::max(high, sigma.max().item().toDouble());
      return Gaussian{}(x, sigma).to(kFloat32);
    };
    const Tensor images = sampler(counting, image_noise(1, 0, 2, kShape), range, labels);
    REQUIRE(images.scalar_type() == kFloat64);
    REQUIRE(images.sizes() == at::IntArrayRef{2, 1, 3, 5});
    REQUIRE(calls == sampler.evaluations());
    // Churn raises a level, by sqrt(2) at most, and out of the range if need be.  The iddpm grid has no level at 5.
    const double raised = Case::noisy ? 1.4143 : 1 + 1e-9;
    REQUIRE(low >= 0.05 * (1 - 1e-9));
    REQUIRE(high >= 4.5);
    REQUIRE(high <= 5 * raised);
    if (steps > 1) REQUIRE(low <= 0.055 * raised);
  }
}

/// Fresh noise is drawn at most once a step, and only by samplers that use it.
template <class Case>
void fresh_noise_once_a_step() {
  const auto sampler = Case::make(9);
  std::vector<std::uint32_t> drawn;
  const NoiseSource plain = image_noise(1, 0, 2, kShape);
  const NoiseSource noise{plain.latents, [&](std::uint32_t step) {
                            drawn.push_back(step);
                            return plain.step_noise(step);
                          }};
  sampler(Gaussian{}, noise, {0.01, 80});
  REQUIRE(drawn.empty() != Case::noisy);
  REQUIRE(std::is_sorted(drawn.begin(), drawn.end()));
  REQUIRE(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());
  REQUIRE(std::all_of(drawn.begin(), drawn.end(), [](auto step) { return step < 9; }));
}

struct Law {
  double mean = 0, variance = 0;
};

/// The law of a sampler's images of Gaussian data, exactly, for there they are affine in the noise.  Image 0 sees no
/// noise, image 1 the latents alone, and, where the sampler is noisy, image k + 2 the noise of step k alone.
template <class P>
Law law_of(const P& sampler, int steps, bool noisy = true) {
  const auto only = [&](std::size_t image) {
    std::vector<double> values(2 + static_cast<std::size_t>(noisy ? steps : 0));
    values.at(image) = 1;
    return tensor_of(values).reshape({-1, 1, 1, 1});
  };
  const NoiseSource noise{[&] { return only(1); }, [&](std::uint32_t step) { return only(step + 2); }};
  const auto images = values_of<double>(sampler(Gaussian{}, noise, kAnySigma));
  Law law{.mean = images[0]};
  for (const double x : images) law.variance += (x - images[0]) * (x - images[0]);
  return law;
}

/// With many steps, images of Gaussian data have the data's mean and variance.
template <class Case>
void ends_at_the_law_of_gaussian_data() {
  const int steps = Case::noisy ? 800 : 4000;
  const Law law = law_of(Case::make(steps), steps, Case::noisy);
  INFO("mean " << law.mean << ", variance " << law.variance);
  REQUIRE(std::abs(law.mean - 0.1) < 0.005);
  REQUIRE(std::abs(law.variance / 0.25 - 1) < 0.02);
}

}  // namespace diffmem::laws
