// SPDX-License-Identifier: MIT
// NoiseSchedule: what training and the denoiser need to know about noise.  Images are x + sigma * eps, sigma in units
// of pixel values on [-1, 1].
#pragma once
#include <diffmem/core/policy.hpp>
#include <diffmem/core/tensor.hpp>

namespace diffmem {

/// D(x; sigma) = c_skip x + c_out F(c_in x, c_noise).                                      all [N], dtype of sigma
struct Coefficients {
  Tensor c_skip, c_out, c_in, c_noise;
};

/// The law of the number from which a training sigma is made.
enum class Variate { uniform, normal };

template <class S>
concept HasCoefficients = requires(const S s, const Tensor& sigma) {
  { s.coefficients(sigma) } -> std::same_as<Coefficients>;
};
template <class S>
concept HasLossWeight = requires(const S s, const Tensor& sigma) {
  { s.loss_weight(sigma) } -> std::same_as<Tensor>;
};
template <class S>
concept HasTrainingSigma = requires(const S s, const Tensor& variate) {
  { s.variate } -> std::convertible_to<Variate>;
  { s.training_sigma(variate) } -> std::same_as<Tensor>;
};
template <class S>
concept HasSigmaRange = requires(const S s) {
  { s.sigma_min() } -> std::convertible_to<double>;
  { s.sigma_max() } -> std::convertible_to<double>;
};

/// coefficients(sigma [N]), loss_weight(sigma [N]) -> [N], training_sigma(variate [N]) -> sigma [N], and the range of
/// sigma that a network under this schedule accepts; samplers clamp to it.
template <class S>
concept NoiseSchedule =
    Policy<S, Role::schedule> && HasCoefficients<S> && HasLossWeight<S> && HasTrainingSigma<S> && HasSigmaRange<S>;

}  // namespace diffmem
