// SPDX-License-Identifier: MIT
// TODO: whose schedule this is (author, year, equation).
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/schedule/concept.hpp>

#include <fmt/format.h>

#include <cmath>

namespace diffmem {

/// TODO: the law of sigma and the loss weight, as equations.  As generated: ln sigma uniform between `smallest` and
/// `largest`, unit-variance preconditioning (Karras et al. 2022, Table 1), loss weight 1/c_out^2.
struct MineSchedule {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "mine";
  static constexpr Variate variate = Variate::uniform;  ///< what training_sigma() is given

  double sigma_data = 0.5;  ///< standard deviation of the data   [pixel values on [-1, 1]]
  double smallest = 0.002;  ///< sigma_min   [pixel values on [-1, 1]]
  double largest = 80;      ///< sigma_max   [pixel values on [-1, 1]]

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("sigma_data", s.sigma_data), visit("smallest", s.smallest), visit("largest", s.largest);
  }
  /// Error unless sigma_data > 0 and 0 < smallest < largest.
  void validate() const {
    if (!(sigma_data > 0 && smallest > 0 && smallest < largest && std::isfinite(largest)))
      throw Error(fmt::format("schedule {}", name),
                  fmt::format("sigma_data {}, smallest {}, largest {}", sigma_data, smallest, largest),
                  "sigma_data > 0 and 0 < smallest < largest", "correct the schedule's settings");
  }

  /// TODO: the preconditioning.  As sigma goes to 0, c_skip goes to 1 and c_out to 0; c_noise rises with sigma.
  Coefficients coefficients(const Tensor& sigma) const {
    const double d2 = sigma_data * sigma_data;
    const Tensor total = sigma.square() + d2;
    return {d2 / total, sigma * sigma_data / total.sqrt(), total.sqrt().reciprocal(), sigma.log() / 4.0};
  }
  /// TODO: the weight of (D - x)^2.                                                                      [N] -> [N]
  Tensor loss_weight(const Tensor& sigma) const { return coefficients(sigma).c_out.square().reciprocal(); }
  /// TODO: sigma from u, which is uniform on [0, 1).                                                     [N] -> [N]
  Tensor training_sigma(const Tensor& u) const { return (u * std::log(largest / smallest) + std::log(smallest)).exp(); }
  double sigma_min() const { return smallest; }
  double sigma_max() const { return largest; }
};
static_assert(NoiseSchedule<MineSchedule>);

}  // namespace diffmem
