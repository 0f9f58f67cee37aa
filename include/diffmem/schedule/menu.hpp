// SPDX-License-Identifier: MIT
// Every noise schedule, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/schedule/vp.hpp>

namespace diffmem {

class AnySchedule : public Menu<Role::schedule, VpSchedule, VeSchedule, EdmSchedule> {
 public:
  Variate variate = VpSchedule::variate;  ///< of the chosen schedule

  void choose(std::string_view word) {
    Menu::choose(word);
    variate = on([](const auto& s) { return Variate(s.variate); });
  }
  Coefficients coefficients(const Tensor& sigma) const {
    return on([&](const auto& s) { return s.coefficients(sigma); });
  }
  Tensor loss_weight(const Tensor& sigma) const {
    return on([&](const auto& s) { return s.loss_weight(sigma); });
  }
  Tensor training_sigma(const Tensor& number) const {
    return on([&](const auto& s) { return s.training_sigma(number); });
  }
  double sigma_min() const {
    return on([](const auto& s) { return s.sigma_min(); });
  }
  double sigma_max() const {
    return on([](const auto& s) { return s.sigma_max(); });
  }
};
static_assert(NoiseSchedule<AnySchedule>);

}  // namespace diffmem
