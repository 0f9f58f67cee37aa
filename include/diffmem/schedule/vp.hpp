// SPDX-License-Identifier: MIT
// Variance-preserving schedule with continuous time (Song et al. 2021b), in Karras et al. 2022's preconditioned form:
// the paper's basic setup.
#pragma once
#include <diffmem/schedule/concept.hpp>
#include <diffmem/schedule/path.hpp>

namespace diffmem {

/// sigma(t) = sqrt(exp(beta_d t^2/2 + beta_min t) - 1), t in [epsilon_t, 1]; loss weight 1/sigma^2.
///
/// In float32, log(1 + sigma^2) and exp(.) - 1 are taken as written and not by log1p and expm1: the reference does so,
/// and at sigma 0.002 its c_noise is 0.0403 where float64 gives 0.0398.
struct VpSchedule {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "vp";
  static constexpr Variate variate = Variate::uniform;

  double beta_d = 19.9;     ///< slope of the noise rate      [1 / unit time^2]
  double beta_min = 0.1;    ///< noise rate at t = 0          [1 / unit time]
  double epsilon_t = 1e-5;  ///< smallest training time
  double steps = 1000;      ///< c_noise = (steps - 1) t

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("beta_d", s.beta_d), visit("beta_min", s.beta_min), visit("epsilon_t", s.epsilon_t), visit("steps", s.steps);
  }

  /// sigma of time t.                                                                                   [N] -> [N]
  Tensor sigma(const Tensor& t) const { return ((t.square() * (0.5 * beta_d) + t * beta_min).exp() - 1.0).sqrt(); }
  /// Time of sigma.                                                                                     [N] -> [N]
  Tensor time(const Tensor& sigma) const {
    return (((sigma.square() + 1.0).log() * (2 * beta_d) + beta_min * beta_min).sqrt() - beta_min) / beta_d;
  }
  Coefficients coefficients(const Tensor& sigma) const {
    return {sigma.mul(0.0).add(1.0), -sigma, (sigma.square() + 1.0).sqrt().reciprocal(), time(sigma) * (steps - 1)};
  }
  Tensor loss_weight(const Tensor& sigma) const { return sigma.square().reciprocal(); }
  /// t = 1 + u (epsilon_t - 1), u uniform on [0, 1).
  Tensor training_sigma(const Tensor& u) const { return sigma(u * (epsilon_t - 1) + 1.0); }
  double sigma_min() const { return path().sigma(epsilon_t); }
  double sigma_max() const { return path().sigma(1.0); }

 private:
  VpPath path() const { return {.beta_d = beta_d, .beta_min = beta_min}; }
};
static_assert(NoiseSchedule<VpSchedule>);

}  // namespace diffmem
