// SPDX-License-Identifier: MIT
// DDIM (Song et al. 2021a) and, with eta = 1, DDPM's ancestral sampling (Ho et al. 2020).
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/sampler/levels.hpp>
#include <diffmem/sampler/walk.hpp>

#include <cmath>
#include <string>

namespace diffmem {

/// z' = alpha' D + sqrt(sigma'^2 - tau^2) (z - alpha D)/sigma + tau eps,  tau = eta (sigma'/sigma) sqrt(1 - alpha^2/alpha'^2)
/// with alpha^2 + sigma^2 = 1.
///
/// In units of y = z/alpha, with sigma for the paper's sigma/alpha, alpha drops out:
///
///     y' = D + (down/sigma)(y - D) + up eps,     up = eta (sigma'/sigma) sqrt(sigma^2 - sigma'^2),
///                                                down^2 = sigma'^2 - up^2
///
/// which is Euler's step from sigma to `down`, then noise back up to sigma'.
struct Ddim {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "ddim";

  NoiseLevels levels = {.grid = Grid::vp, .steps = 50};
  double eta = 0;  ///< 0: deterministic, 1: DDPM                  [0, 1]

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    NoiseLevels::each(s.levels, visit), visit("eta", s.eta);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return levels.steps; }

  /// Its steps.  `range` clamps the grid to what the denoiser accepts.
  Plan plan(SigmaRange range) const {
    if (!(eta >= 0 && eta <= 1))
      throw Error("sampler ddim", "eta = " + std::to_string(eta), "0 <= eta <= 1", "correct the sampler's eta");
    const auto level = levels.within(range);
    Plan plan{.start = level[0]};
    for (std::size_t i = 0; i + 1 < level.size(); ++i) {
      const double sigma = level[i], next = level[i + 1];
      const double up = eta * (next / sigma) * std::sqrt(sigma * sigma - next * next);
      const double down = std::sqrt(next * next - up * up);
      plan.steps.push_back({.at = {.sigma = sigma}, .h = down - sigma, .noise = up});
    }
    return plan;
  }
  /// Images from noise.                                                             -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(denoise, noise, plan(range), labels);
  }
};
static_assert(Sampler<Ddim>);

}  // namespace diffmem
