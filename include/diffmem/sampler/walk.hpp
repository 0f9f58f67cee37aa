// SPDX-License-Identifier: MIT
// What every sampler does to its images, as numbers: a plan of steps, and the one loop that walks it.
#pragma once
#include <diffmem/sampler/denoiser.hpp>
#include <diffmem/schedule/path.hpp>

#include <optional>
#include <vector>

namespace diffmem {

/// One step from z to z', in this order; eps is the step's own standard normal noise, d the slope of the
/// probability-flow ODE (Eq. 34; Karras et al. 2022, Eq. 4):
///
///     z  <- carry z + churn eps
///     d   = (sigma_dot s/sigma) (z/s - D(z/s; sigma)) + (s_dot/s) z          at `at`
///     z' <- z + h d
///     z' <- z + h ((1 - 1/(2 alpha)) d + d'/(2 alpha))                       if there is a probe:
///                                                                            d' at `probe`, for z + alpha h d
///     z' <- z' + noise eps
struct WalkStep {
  double carry = 1, churn = 0;
  PathPoint at;
  double h = 0;
  std::optional<PathPoint> probe = {};
  double alpha = 1;
  double noise = 0;  ///< never together with churn: both would add the same eps
};

/// z_0 = start * latents, then the steps; z must end at scale s = 1, and the image is end * z.
struct Plan {
  double start = 0;
  std::vector<WalkStep> steps = {};
  double end = 1;
};

/// Walks the plan, in float64.                                                                     -> float64 [N,C,H,W]
Tensor walk(DenoiserRef denoise, const NoiseSource& noise, const Plan& plan, const Tensor& labels);

}  // namespace diffmem
