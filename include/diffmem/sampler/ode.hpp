// SPDX-License-Identifier: MIT
// Plans along the probability-flow ODE, of first or second order, with optional churn (Karras et al. 2022, Algorithms
// 1 to 3).
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/sampler/walk.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace diffmem {

/// One or two evaluations of the denoiser per step.
enum class Solver { heun, euler };
inline constexpr std::array<std::string_view, 2> kSolverWords{"heun", "euler"};
constexpr const auto& words_of(Solver) { return kSolverWords; }

/// Fresh noise before a step: sigma rises by the factor 1 + min(amount / steps, sqrt(2) - 1).
struct Churn {
  double amount = 0;  ///< S_churn: how much fresh noise is added over all steps; 0: none
  double min = 0;     ///< S_min: add noise only at sigma >= this
  double max = std::numeric_limits<double>::infinity();  ///< S_max: and only at sigma <= this
  double noise = 1;                                      ///< S_noise: standard deviation of the fresh noise, 0 or more
};

struct OdeOptions {
  Solver solver = Solver::heun;
  double alpha = 1;  ///< where Heun's second evaluation is taken, (0, 1]: 1 Heun, 2/3 Ralston, 1/2 midpoint
  Churn churn = {};
};

/// The plan along `path` through noise levels that fall to 0.  The last step, to 0, is Euler's: there the slope has no
/// limit.  Unlike the reference, no noise is added where the churn is 0: its time(sigma(t)) - t, a rounding error, adds
/// about 1e-8 sigma at some steps.  Error if alpha, churn.amount or churn.noise is out of its range.
template <NoisePath P>
Plan ode_plan(const P& path, Scaling scaling, std::span<const double> levels, const OdeOptions& options) {
  const auto [solver, alpha, churn] = options;
  if (!(alpha > 0 && alpha <= 1))
    throw Error("sampler", "alpha = " + std::to_string(alpha), "0 < alpha <= 1", "correct the sampler's alpha");
  if (!(churn.amount >= 0 && churn.noise >= 0))
    throw Error("sampler", "churn = " + std::to_string(churn.amount) + " with noise " + std::to_string(churn.noise),
                "0 or more of each", "correct the sampler's churn");
  const auto time = [&](std::size_t i) { return levels[i] > 0 ? path.time(levels[i]) : 0.0; };
  const std::size_t count = levels.size() - 1;
  Plan plan;
  for (std::size_t i = 0; i < count; ++i) {
    double t = time(i);
    const PathPoint here = point_of(path, scaling, t);
    if (i == 0) plan.start = here.sigma * here.scale;
    WalkStep step{.at = here, .alpha = alpha};
    if (churn.amount > 0 && here.sigma >= churn.min && here.sigma <= churn.max) {
      const double gamma = std::min(churn.amount / static_cast<double>(count), std::sqrt(2.0) - 1);
      t = path.time(here.sigma * (1 + gamma));
      step.at = point_of(path, scaling, t);
      step.carry = step.at.scale / here.scale;
      step.churn = std::sqrt(step.at.sigma * step.at.sigma - here.sigma * here.sigma) * step.at.scale * churn.noise;
    }
    const double next = time(i + 1);
    step.h = next - t;
    if (solver == Solver::heun && next > 0) step.probe = point_of(path, scaling, next - (1 - alpha) * step.h);
    plan.steps.push_back(step);
  }
  return plan;
}

}  // namespace diffmem
