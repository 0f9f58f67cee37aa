// SPDX-License-Identifier: MIT
// How fast the error falls as steps are added, on a flow that is known exactly.
#include "sampler/samplers.hpp"

using namespace diffmem;
using namespace diffmem::testing;

namespace {

/// The largest error of `steps` steps from sigma_max to sigma_min.  The step to 0, always Euler's, is left out.
template <class Case>
double error_of(int steps) {
  const Gaussian gaussian;
  auto sampler = Case::make(steps + 1);
  if constexpr (requires { sampler.levels; }) {
    sampler.levels.sigma_min = 0.02, sampler.levels.sigma_max = 20, sampler.levels.m = 1'000'000;
  } else {
    sampler.sigma_min = 0.02, sampler.sigma_max = 20;
  }
  Plan plan = sampler.plan(kAnySigma);
  const PathPoint first = plan.steps.front().at, last = plan.steps.back().at;
  plan.steps.pop_back();
  const NoiseSource noise = image_noise(2, 0, 4, {1, 4, 4});
  const Tensor want = gaussian.flow(noise.latents() * first.sigma, first.sigma, last.sigma);
  return largest(walk(gaussian, noise, plan, {}) / last.scale - want);
}

template <class Case>
void has_order(int order) {
  double before = error_of<Case>(128);
  for (const int steps : {256, 512, 1024}) {
    const double error = error_of<Case>(steps);
    INFO(steps << " steps: error " << error << ", before " << before);
    REQUIRE(std::abs(before / error / std::exp2(order) - 1) < 0.05);
    before = error;
  }
}

}  // namespace

TEMPLATE_TEST_CASE("twice the steps, half the error", "[sampler]", PlainEuler, PlainDdim, EulerOnVp, EulerOnVe) {
  has_order<TestType>(1);
}

TEMPLATE_TEST_CASE("twice the steps, a quarter of the error", "[sampler]", PlainHeun, HeunOnVp, HeunOnVe, HeunOnIddpm,
                   ScaledHeun, Ralston, MidpointOnVp) {
  has_order<TestType>(2);
}
