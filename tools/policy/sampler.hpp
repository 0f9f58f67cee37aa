// SPDX-License-Identifier: MIT
// TODO: whose sampler this is (author, year, algorithm).
#pragma once
#include <diffmem/sampler/walk.hpp>
#include <diffmem/schedule/grid.hpp>

#include <algorithm>
#include <cstddef>

namespace diffmem {

/// TODO: its step, as an equation.  As generated: Euler's, z' = z + (sigma' - sigma) (z - D)/sigma, along the rho grid.
struct Mine {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "mine";

  int steps = 18;            ///< noise levels above 0, 1 or more
  double sigma_min = 0.002;  ///< lowest of them
  double sigma_max = 80;     ///< highest of them
  double rho = 7;            ///< how strongly they crowd towards sigma_min, more than 0

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("steps", s.steps), visit("sigma_min", s.sigma_min), visit("sigma_max", s.sigma_max), visit("rho", s.rho);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return steps; }

  /// TODO: its steps, see WalkStep.  `range` clamps the grid to what the denoiser accepts.  Error as in
  /// schedule/grid.hpp.
  Plan plan(SigmaRange range) const {
    const auto level = rho_grid(steps, std::max(sigma_min, range.min), std::min(sigma_max, range.max), rho);
    Plan plan{.start = level[0]};
    for (std::size_t i = 0; i + 1 < level.size(); ++i)
      plan.steps.push_back({.at = {.sigma = level[i]}, .h = level[i + 1] - level[i]});
    return plan;
  }
  /// Images from noise.                                                             -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(denoise, noise, plan(range), labels);
  }
};
static_assert(Sampler<Mine>);

}  // namespace diffmem
