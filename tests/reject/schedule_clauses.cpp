// SPDX-License-Identifier: MIT
// expect: 'HasCoefficients<S>' [with S = WithoutCoefficients]
// expect: 'HasLossWeight<S>' [with S = WithoutLossWeight]
// expect: 'HasTrainingSigma<S>' [with S = WithoutTrainingSigma]
// expect: 'HasTrainingSigma<S>' [with S = WithoutVariate]
// expect: 'HasSigmaRange<S>' [with S = WithoutSigmaMin]
// expect: 'HasSigmaRange<S>' [with S = WithoutSigmaMax]
#include <diffmem/schedule/edm.hpp>

using namespace diffmem;
struct WithoutCoefficients : EdmSchedule {
  Coefficients coefficients(const Tensor&) const = delete;
};
struct WithoutLossWeight : EdmSchedule {
  Tensor loss_weight(const Tensor&) const = delete;
};
struct WithoutTrainingSigma : EdmSchedule {
  Tensor training_sigma(const Tensor&) const = delete;
};
struct WithoutVariate : EdmSchedule {
 private:
  using EdmSchedule::variate;
};
struct WithoutSigmaMin : EdmSchedule {
  double sigma_min() const = delete;
};
struct WithoutSigmaMax : EdmSchedule {
  double sigma_max() const = delete;
};
static_assert(NoiseSchedule<WithoutCoefficients>);
static_assert(NoiseSchedule<WithoutLossWeight>);
static_assert(NoiseSchedule<WithoutTrainingSigma>);
static_assert(NoiseSchedule<WithoutVariate>);
static_assert(NoiseSchedule<WithoutSigmaMin>);
static_assert(NoiseSchedule<WithoutSigmaMax>);
