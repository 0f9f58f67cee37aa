// SPDX-License-Identifier: MIT
// Variance-preserving schedule with continuous time (Song et al. 2021b), in Karras et al. 2022's preconditioned form:
// the paper's basic setup.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/schedule/concept.hpp>

#include <array>
#include <cmath>

namespace diffmem {

/// How the VP formulas are evaluated near sigma = 0, where 1 is added to or taken from a small number.  `reference`: as
/// written, which published weights were trained with; `accurate`: by log1p and expm1.  In float32 at sigma 0.002 the
/// reference's c_noise is 0.0403 where both agree on 0.0398 in float64.
enum class Arithmetic { reference, accurate };
inline constexpr std::array<std::string_view, 2> kArithmeticWords{"reference", "accurate"};
constexpr const auto& words_of(Arithmetic) { return kArithmeticWords; }

/// sigma(t) = sqrt(exp(beta_d t^2/2 + beta_min t) - 1), t in [epsilon_t, 1]; loss weight 1/sigma^2.
struct VpSchedule {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "vp";
  static constexpr Variate variate = Variate::uniform;

  double beta_d = 19.9;     ///< slope of the noise rate      [1 / unit time^2]
  double beta_min = 0.1;    ///< noise rate at t = 0          [1 / unit time]
  double epsilon_t = 1e-5;  ///< smallest training time
  double steps = 1000;      ///< c_noise = (steps - 1) t
  Arithmetic arithmetic = Arithmetic::reference;

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("beta_d", s.beta_d), visit("beta_min", s.beta_min), visit("epsilon_t", s.epsilon_t), visit("steps", s.steps);
    visit("arithmetic", s.arithmetic);
  }

  void validate() const {
    need(beta_d > 0 && std::isfinite(beta_d), "schedule vp", "beta_d", beta_d, "more than 0");
    need(beta_min >= 0 && std::isfinite(beta_min), "schedule vp", "beta_min", beta_min, "0 or more");
    need(epsilon_t > 0 && epsilon_t < 1, "schedule vp", "epsilon_t", epsilon_t, "0 < epsilon_t < 1");
    need(steps > 1 && std::isfinite(steps), "schedule vp", "steps", steps, "more than 1");
  }

  /// sigma of time t.                                                                                   [N] -> [N]
  Tensor sigma(const Tensor& t) const {
    const Tensor b = t.square() * (0.5 * beta_d) + t * beta_min;
    return (arithmetic == Arithmetic::accurate ? b.expm1() : b.exp() - 1.0).sqrt();
  }
  /// Time of sigma: (sqrt(beta_min^2 + 2 beta_d L) - beta_min) / beta_d with L = ln(1 + sigma^2).         [N] -> [N]
  Tensor time(const Tensor& sigma) const {
    const bool accurate = arithmetic == Arithmetic::accurate;
    const Tensor l = accurate ? sigma.square().log1p() : (sigma.square() + 1.0).log();
    const Tensor root = (l * (2 * beta_d) + beta_min * beta_min).sqrt();
    return accurate ? l * 2.0 / (root + beta_min) : (root - beta_min) / beta_d;  // equal, but nothing cancels
  }
  Coefficients coefficients(const Tensor& sigma) const {
    return {sigma.mul(0.0).add(1.0), -sigma, (sigma.square() + 1.0).sqrt().reciprocal(), time(sigma) * (steps - 1)};
  }
  Tensor loss_weight(const Tensor& sigma) const { return sigma.square().reciprocal(); }
  /// t = 1 + u (epsilon_t - 1), u uniform on [0, 1).
  Tensor training_sigma(const Tensor& u) const { return sigma(u * (epsilon_t - 1) + 1.0); }
  /// About 0.0010005; 0.0009765625 in the reference's float32 arithmetic.
  double sigma_min() const { return sigma_of(epsilon_t); }
  /// 152.167.
  double sigma_max() const { return sigma_of(1.0); }

 private:
  double sigma_of(double t) const {
    return sigma(full({}, t, arithmetic == Arithmetic::accurate ? kFloat64 : kFloat32)).item().toDouble();
  }
};
static_assert(NoiseSchedule<VpSchedule>);

}  // namespace diffmem
