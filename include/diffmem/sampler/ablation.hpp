// SPDX-License-Identifier: MIT
// The general sampler of Karras et al. 2022's ablation: any solver, grid, path and scaling.
#pragma once
#include <diffmem/sampler/levels.hpp>
#include <diffmem/sampler/ode.hpp>

namespace diffmem {

/// The noise paths of schedule/path.hpp.
enum class Path { linear, vp, ve };
inline constexpr std::array<std::string_view, 3> kPaths{"linear", "vp", "ve"};
constexpr const auto& words_of(Path) { return kPaths; }

/// The samplers that the literature uses are the following (solver apart): VP = grid vp, path vp, scaling vp; VE = ve,
/// ve, none; iDDPM and DDIM = iddpm, linear, none; EDM = edm, linear, none.
struct Ablation {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "ablation";

  Solver solver = Solver::heun;
  double alpha = 1;  ///< where Heun's second evaluation is taken, see OdeOptions
  NoiseLevels levels = {};
  Path path = Path::linear;  ///< vp: the one on which time levels.epsilon is at sigma_min, 1 at sigma_max
  Scaling scaling = Scaling::none;
  Churn churn = {};

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("solver", s.solver), visit("alpha", s.alpha), NoiseLevels::each(s.levels, visit);
    visit("path", s.path), visit("scaling", s.scaling), visit("churn", s.churn.amount);
    visit("churn_min", s.churn.min), visit("churn_max", s.churn.max), visit("churn_noise", s.churn.noise);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return solver == Solver::heun ? 2 * levels.steps - 1 : levels.steps; }

  /// Its steps.  `range` clamps the grid to what the denoiser accepts.
  Plan plan(SigmaRange range) const;
  /// Images from noise.                                                             -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(denoise, noise, plan(range), labels);
  }
};
static_assert(Sampler<Ablation>);

}  // namespace diffmem
