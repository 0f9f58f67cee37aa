// SPDX-License-Identifier: MIT
// Euler-Maruyama steps of the reverse-time SDE (paper, Appendix A.2, Eqs. 32 and 54-58).
#pragma once
#include <diffmem/sampler/levels.hpp>
#include <diffmem/sampler/walk.hpp>

#include <cmath>

namespace diffmem {

/// Eq. 54, z' = (alpha'/alpha) z - 2 kappa s(z) + sqrt(-2 kappa) eps.  The paper prints the noise as sqrt(2 kappa Delta),
/// g Delta in place of g sqrt(|Delta|), with which samples lose their variance as steps are added; this is the SDE's.
///
/// In units of y = z/alpha, with sigma for the paper's sigma/alpha:
///
///     y' = y + 2 (sigma' - sigma) (y - D)/sigma + sqrt(2 (alpha/alpha') sigma (sigma - sigma')) eps
///
/// Where sigma' < sigma/2 the drift overshoots, so few steps give too much variance; the last step leaves noise of
/// about sqrt(3) sigma per value.
struct ReverseSde {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "sde";

  NoiseLevels levels = {.steps = 1000};
  Scaling scaling = Scaling::vp;  ///< alpha: vp 1/sqrt(1 + sigma^2), none 1

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    NoiseLevels::each(s.levels, visit), visit("scaling", s.scaling);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return levels.steps; }

  /// Its steps.  `range` clamps the grid to what the denoiser accepts.
  Plan plan(SigmaRange range) const {
    const auto level = levels.within(range);
    Plan plan{.start = level[0]};
    for (std::size_t i = 0; i + 1 < level.size(); ++i) {
      const double sigma = level[i], next = level[i + 1];
      const double alphas = scale_at(scaling, sigma) / scale_at(scaling, next);
      plan.steps.push_back(
          {.at = {.sigma = sigma}, .h = 2 * (next - sigma), .noise = std::sqrt(2 * alphas * sigma * (sigma - next))});
    }
    return plan;
  }
  /// Images from noise.                                                             -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(denoise, noise, plan(range), labels);
  }
};
static_assert(Sampler<ReverseSde>);

}  // namespace diffmem
