// SPDX-License-Identifier: MIT
// Variance-exploding schedule (Song et al. 2021b) in Karras et al. 2022's preconditioned form: NCSN++'s own.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/schedule/concept.hpp>

#include <cmath>

namespace diffmem {

/// Training sigma sigma_min (sigma_max/sigma_min)^u, log-uniform; loss weight 1/sigma^2.  The network sees the image
/// unscaled (c_in = 1) and ln(sigma/2).
struct VeSchedule {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "ve";
  static constexpr Variate variate = Variate::uniform;

  double smallest = 0.02;  ///< sigma_min   [pixel values on [-1, 1]]
  double largest = 100;    ///< sigma_max   [pixel values on [-1, 1]]

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("smallest", s.smallest), visit("largest", s.largest);
  }

  void validate() const {
    need(smallest > 0 && smallest < largest, "schedule ve", "smallest", smallest, "more than 0, less than largest");
    need(std::isfinite(largest), "schedule ve", "largest", largest, "a finite number");
  }

  Coefficients coefficients(const Tensor& sigma) const {
    const Tensor one = sigma.mul(0.0).add(1.0);
    return {one, sigma, one, (sigma * 0.5).log()};
  }
  Tensor loss_weight(const Tensor& sigma) const { return sigma.square().reciprocal(); }
  Tensor training_sigma(const Tensor& u) const {
    return full({1}, largest / smallest, u.scalar_type(), u.device()).pow(u) * smallest;
  }
  double sigma_min() const { return smallest; }
  double sigma_max() const { return largest; }
};
static_assert(NoiseSchedule<VeSchedule>);

}  // namespace diffmem
