// SPDX-License-Identifier: MIT
// EDM's schedule (Karras et al. 2022, Table 1): unit-variance preconditioning, log-normal training sigma.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/schedule/concept.hpp>

#include <cmath>
#include <limits>

namespace diffmem {

/// ln sigma ~ N(p_mean, p_std^2); loss weight (sigma^2 + sigma_data^2) / (sigma sigma_data)^2.
struct EdmSchedule {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "edm";
  static constexpr Variate variate = Variate::normal;

  double sigma_data = 0.5;  ///< standard deviation of the data   [pixel values on [-1, 1]]
  double p_mean = -1.2;     ///< mean of ln sigma while training
  double p_std = 1.2;       ///< standard deviation of ln sigma while training

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("sigma_data", s.sigma_data), visit("p_mean", s.p_mean), visit("p_std", s.p_std);
  }

  void validate() const {
    need(sigma_data > 0 && std::isfinite(sigma_data), "schedule edm", "sigma_data", sigma_data, "more than 0");
    need(std::isfinite(p_mean), "schedule edm", "p_mean", p_mean, "a finite number");
    need(p_std >= 0 && std::isfinite(p_std), "schedule edm", "p_std", p_std, "0 or more");
  }

  Coefficients coefficients(const Tensor& sigma) const {
    const double d2 = sigma_data * sigma_data;
    const Tensor total = sigma.square() + d2;
    return {d2 / total, sigma * sigma_data / total.sqrt(), total.sqrt().reciprocal(), sigma.log() / 4.0};
  }
  Tensor loss_weight(const Tensor& sigma) const {
    return (sigma.square() + sigma_data * sigma_data) / (sigma * sigma_data).square();
  }
  Tensor training_sigma(const Tensor& normal) const { return (normal * p_std + p_mean).exp(); }
  double sigma_min() const { return 0; }
  double sigma_max() const { return std::numeric_limits<double>::infinity(); }
};
static_assert(NoiseSchedule<EdmSchedule>);

}  // namespace diffmem
