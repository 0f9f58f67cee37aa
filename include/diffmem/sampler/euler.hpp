// SPDX-License-Identifier: MIT
// Euler's steps of the probability-flow ODE (paper, Appendix A.2, Eqs. 34-42).
#pragma once
#include <diffmem/sampler/levels.hpp>
#include <diffmem/sampler/ode.hpp>

namespace diffmem {

/// Eq. 39, z' = (alpha'/alpha) z - kappa s(z), in units of y = z/alpha: y' = D + (sigma'/sigma)(y - D), whatever alpha
/// is (sigma here is the paper's sigma/alpha).  The last image is D itself, a mean of training images for the optimum
/// (Eqs. 40-42).
struct Euler {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "euler";

  NoiseLevels levels = {};

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    NoiseLevels::each(s.levels, visit);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return levels.steps; }

  /// Its steps.  `range` clamps the grid to what the denoiser accepts.
  Plan plan(SigmaRange range) const {
    return ode_plan(LinearPath{}, Scaling::none, levels.within(range), {.solver = Solver::euler});
  }
  /// Images from noise.                                                             -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(denoise, noise, plan(range), labels);
  }
};
static_assert(Sampler<Euler>);

}  // namespace diffmem
