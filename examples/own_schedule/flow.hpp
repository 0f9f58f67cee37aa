// SPDX-License-Identifier: MIT
// Flow matching (Lipman et al. 2023, Liu et al. 2023) as a schedule: the network sees z = (1 - t) x + t eps at time t and
// learns the velocity eps - x.  In diffmem's units z / (1 - t) = x + sigma eps with sigma = t / (1 - t).
#pragma once
#include <diffmem/schedule/concept.hpp>

namespace own {
using namespace diffmem;  // for the operators of Tensor, too

struct Flow {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "flow";
  static constexpr Variate variate = Variate::uniform;

  double margin = 1e-3;  ///< training times are uniform on [margin, 1 - margin]

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("margin", s.margin);
  }

  /// D = z - t F(z, t), z = (x + sigma eps) / (1 + sigma).
  Coefficients coefficients(const Tensor& sigma) const {
    const Tensor rest = (sigma + 1.0).reciprocal(), t = sigma * rest;
    return {rest, -t, rest, t * 1000.0};
  }
  /// |F - (eps - x)|^2 = |D - x|^2 / t^2.
  Tensor loss_weight(const Tensor& sigma) const { return (sigma.reciprocal() + 1.0).square(); }
  Tensor training_sigma(const Tensor& u) const {
    const Tensor t = u * (1 - 2 * margin) + margin;
    return t / (1.0 - t);
  }
  double sigma_min() const { return margin / (1 - margin); }
  double sigma_max() const { return (1 - margin) / margin; }
};
static_assert(NoiseSchedule<Flow>);

}  // namespace own
