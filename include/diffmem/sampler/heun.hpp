// SPDX-License-Identifier: MIT
// EDM's sampler: Heun's second-order steps of the probability-flow ODE with optional churn (Karras et al. 2022,
// Algorithm 2).
#pragma once
#include <diffmem/sampler/ode.hpp>
#include <diffmem/schedule/grid.hpp>

namespace diffmem {

/// Deterministic by default: 18 steps, 35 evaluations of the denoiser.
struct Heun {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "heun";

  int steps = 18;                                              ///< noise levels above 0
  double sigma_min = 0.002;                                    ///< lowest of them
  double sigma_max = 80;                                       ///< highest of them
  double rho = 7;                                              ///< how strongly they crowd towards sigma_min
  double churn = 0;                                            ///< S_churn, see Churn
  double churn_min = 0;                                        ///< S_min
  double churn_max = std::numeric_limits<double>::infinity();  ///< S_max
  double churn_noise = 1;                                      ///< S_noise

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("steps", s.steps), visit("sigma_min", s.sigma_min), visit("sigma_max", s.sigma_max), visit("rho", s.rho);
    visit("churn", s.churn), visit("churn_min", s.churn_min), visit("churn_max", s.churn_max),
        visit("churn_noise", s.churn_noise);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return 2 * steps - 1; }

  /// Its steps.  `range` clamps the grid to what the denoiser accepts.
  Plan plan(SigmaRange range) const {
    const auto levels = rho_grid(steps, std::max(sigma_min, range.min), std::min(sigma_max, range.max), rho);
    return ode_plan(LinearPath{}, Scaling::none, levels, {.churn = {churn, churn_min, churn_max, churn_noise}});
  }
  /// Images from noise.                                                             -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(denoise, noise, plan(range), labels);
  }
};
static_assert(Sampler<Heun>);

}  // namespace diffmem
