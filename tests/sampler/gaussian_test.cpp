// SPDX-License-Identifier: MIT
// Every sampler ends at the law of the data.
#include "sampler/laws.hpp"

using namespace diffmem;
using namespace diffmem::testing;
using laws::Law, laws::law_of;

namespace {

/// variance / 0.25 - 1 of the SDE's images.
template <class Case>
double excess(int steps) {
  return law_of(Case::make(steps), steps).variance / 0.25 - 1;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("images of Gaussian data have the data's mean and variance", "[sampler]", EverySampler) {
  laws::ends_at_the_law_of_gaussian_data<TestType>();
}

TEMPLATE_TEST_CASE("real noise gives the law that its steps imply", "[sampler]", PlainHeun, ChurnedHeun, Ddpm, VpSde,
                   VeSde, ChurnedAblation) {
  // With few steps, where that law is not the data's: four standard errors of 32,000 values.
  const auto sampler = TestType::make(30);
  const Law law = law_of(sampler, 30, TestType::noisy);
  const auto values = values_of<double>(sampler(Gaussian{}, image_noise(3, 0, 2000, {1, 4, 4}), kAnySigma));
  double sum = 0, square = 0;
  for (const double x : values) sum += x - law.mean, square += (x - law.mean) * (x - law.mean);
  const double n = static_cast<double>(values.size());
  REQUIRE(std::abs(sum / n) < 4 * std::sqrt(law.variance / n));
  REQUIRE(std::abs(square / n / law.variance - 1) < 4 * std::sqrt(2 / n));
}

TEMPLATE_TEST_CASE("the reverse SDE's variance is within 2 % at 1,000 steps, and twice the steps halve its error",
                   "[sampler]", VpSde, VeSde) {
  REQUIRE(std::abs(excess<TestType>(1000)) < 0.02);
  double before = excess<TestType>(250);
  for (const int steps : {500, 1000, 2000}) {
    const double now = excess<TestType>(steps);
    INFO(steps << " steps: variance off by " << now << ", before " << before);
    REQUIRE(std::abs(before / now / 2 - 1) < 0.05);
    before = now;
  }
}

TEST_CASE("the reverse SDE as printed in Eq. 54 loses the data's variance", "[sampler]") {
  // It has g Delta in place of g sqrt(|Delta|); here the time is sigma, so Delta = sigma' - sigma = h/2.
  struct Printed {
    Plan plan(SigmaRange range) const {
      Plan plan = VeSde::make(1000).plan(range);
      for (WalkStep& step : plan.steps) step.noise *= std::sqrt(-step.h / 2);
      return plan;
    }
    Tensor operator()(DenoiserRef denoise, const NoiseSource& noise, SigmaRange range) const {
      return walk(denoise, noise, plan(range), {});
    }
  };
  REQUIRE(law_of(Printed{}, 1000).variance < 0.25 * 0.05);
}

TEST_CASE("churn without noise raises sigma and leaves the image as it is", "[sampler]") {
  // On every path and scale: x = z/s is what stays.
  for (const Scaling scaling : {Scaling::none, Scaling::vp}) {
    Ablation sampler = ChurnedAblation::make(5);
    sampler.scaling = scaling, sampler.churn.noise = 0, sampler.churn.max = 1e9;
    Tensor first;
    const auto remember = [&](const Tensor& x, const Tensor& sigma, const Tensor&) {
      if (!first.defined()) first = x;
      return Gaussian{}(x, sigma);
    };
    const NoiseSource noise = image_noise(4, 0, 3, {1, 2, 2});
    sampler(remember, noise, kAnySigma);
    const double start = sampler.levels.within(kAnySigma)[0];
    REQUIRE(sampler.plan(kAnySigma).steps[0].at.sigma > 1.3 * start);
    REQUIRE(largest(first / start - noise.latents()) < 1e-12);
  }
}
