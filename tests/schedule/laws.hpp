// SPDX-License-Identifier: MIT
// What every noise schedule owes, whatever its formulas.
#pragma once
#include "policy_laws.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/schedule/concept.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace diffmem::laws {

/// 200 noise levels, 0.002 ... 80, evenly spaced in the logarithm; float64.
inline Tensor sigmas() { return (arange(200, kFloat64) / 199.0 * std::log(80 / 0.002) + std::log(0.002)).exp(); }
/// The largest |a - b|.
inline double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item().toDouble(); }
inline Tensor ones() { return full({200}, 1, kFloat64); }

/// Without noise the denoiser is the identity, whatever the network says.
template <NoiseSchedule S>
void is_the_identity_without_noise(const S& schedule) {
  const Coefficients none = schedule.coefficients(full({1}, 1e-9, kFloat64));
  REQUIRE(apart(none.c_skip, full({1}, 1, kFloat64)) < 1e-15);
  REQUIRE(none.c_out.abs().item().toDouble() <= 1e-9);
  REQUIRE(none.c_noise.isfinite().all().item().toBool());
}

/// The loss weight undoes c_out, so that the network's own error weighs the same at every noise level.
template <NoiseSchedule S>
void weight_undoes_c_out(const S& schedule) {
  REQUIRE(apart(schedule.loss_weight(sigmas()) * schedule.coefficients(sigmas()).c_out.square(), ones()) < 1e-12);
}

/// dtype and shape follow sigma, all values are finite, and c_noise rises with sigma.
template <NoiseSchedule S>
void coefficients_follow_sigma(const S& schedule) {
  const Tensor sigma = sigmas(), sigma32 = sigma.to(kFloat32);
  const Coefficients narrow = schedule.coefficients(sigma32);
  for (const Tensor& t : {narrow.c_skip, narrow.c_out, narrow.c_in, narrow.c_noise, schedule.loss_weight(sigma32),
                          schedule.training_sigma(sigma32 / 80.0)}) {
    REQUIRE(t.scalar_type() == kFloat32);
    REQUIRE(t.sizes() == sigma.sizes());
    REQUIRE(t.isfinite().all().item().toBool());
  }
  REQUIRE(schedule.coefficients(sigma).c_noise.diff().min().item().toDouble() > 0);
}

/// Training sigmas stay in the range that the network accepts, and go one way with their variate.
template <NoiseSchedule S>
void training_sigmas_follow_their_law(const S& schedule) {
  const bool normal = schedule.variate == Variate::normal;
  std::vector<double> variates;
  RandomStream random(4, Stream::train_sigma);
  for (int i = 0; i < 100'000; ++i) variates.push_back(normal ? random.normals().first : random.uniform());
  const auto sigma = values_of<double>(schedule.training_sigma(tensor_of(variates)));
  const auto [low, high] = std::minmax_element(sigma.begin(), sigma.end());
  REQUIRE(*low >= schedule.sigma_min() * (1 - 1e-6));
  REQUIRE(*high <= schedule.sigma_max());

  // Below the law's p-quantile lies the share p, within four standard errors.
  const double z = 1.2815515655446004;
  const auto at = [&](double p, double z_p) {
    return values_of<double>(schedule.training_sigma(full({1}, normal ? z_p : p, kFloat64)))[0];
  };
  const bool falls = at(0.9, z) < at(0.1, -z);
  for (const auto& [p, z_p] : {std::pair{0.1, -z}, {0.5, 0.0}, {0.9, z}}) {
    const double quantile = falls ? at(1 - p, -z_p) : at(p, z_p), n = static_cast<double>(sigma.size());
    const auto below =
        static_cast<double>(std::count_if(sigma.begin(), sigma.end(), [&](double s) { return s < quantile; }));
    REQUIRE(std::abs(below / n - p) < 4 * std::sqrt(p * (1 - p) / n));
  }
}

}  // namespace diffmem::laws
