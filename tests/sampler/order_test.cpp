// SPDX-License-Identifier: MIT
// How fast the error falls as steps are added, on a flow that is known exactly.
#include "sampler/samplers.hpp"

using namespace diffmem;
using namespace diffmem::testing;

namespace {

/// The largest error of `steps` steps from sigma_max to sigma_min; the last step, to 0, is the denoiser's own and exact.
template <class Case>
double error_of(int steps) {
  const Gaussian gaussian;
  auto sampler = Case::make(steps);
  if constexpr (requires { sampler.levels; }) {
    sampler.levels.sigma_min = 0.02, sampler.levels.sigma_max = 20, sampler.levels.m = 200'000;
  } else {
    sampler.sigma_min = 0.02, sampler.sigma_max = 20;
  }
  const NoiseSource noise = image_noise(2, 0, 4, {1, 4, 4});
  const Plan plan = sampler.plan(kAnySigma);
  const double high = plan.steps.front().at.sigma, low = plan.steps.back().at.sigma;
  const Tensor images = sampler(gaussian, noise, kAnySigma);
  const Tensor before_last = gaussian.flow(noise.latents() * high, high, low);
  return largest(images - gaussian(before_last, full({4}, low, kFloat64)));
}

template <class Case>
void has_order(int order) {
  double before = error_of<Case>(64);
  for (const int steps : {128, 256, 512}) {
    const double error = error_of<Case>(steps);
    INFO(steps << " steps: error " << error << ", before " << before);
    REQUIRE(std::abs(before / error / std::exp2(order) - 1) < 0.15);
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
