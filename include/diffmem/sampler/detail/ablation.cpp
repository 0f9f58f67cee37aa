// SPDX-License-Identifier: MIT
#include <diffmem/sampler/ablation.hpp>

namespace diffmem {

Plan Ablation::plan(SigmaRange range) const {
  const auto grid = levels.within(range);
  const auto along = [&](const auto& curve) {
    return ode_plan(curve, scaling, grid, {.solver = solver, .alpha = alpha, .churn = churn});
  };
  switch (path) {
    case Path::vp: {
      const auto [low, high] = levels.clamped(range);
      return along(VpPath::through(levels.epsilon, low, high));
    }
    case Path::ve: return along(VePath{});
    case Path::linear: break;
  }
  return along(LinearPath{});
}

}  // namespace diffmem
