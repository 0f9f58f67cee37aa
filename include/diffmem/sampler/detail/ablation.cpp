// SPDX-License-Identifier: MIT
#include <diffmem/sampler/ablation.hpp>

namespace diffmem {

Plan Ablation::plan(SigmaRange range) const {
  const auto grid = levels.within(range);
  const auto along = [&](const auto& curve) {
    return ode_plan(curve, scaling, grid, {.solver = solver, .alpha = alpha, .churn = churn});
  };
  switch (path) {
    case PathWord::vp: {
      const auto [low, high] = levels.clamped(range);
      return along(VpPath::through(levels.epsilon, low, high));
    }
    case PathWord::ve: return along(VePath{});
    case PathWord::linear: break;
  }
  return along(LinearPath{});
}

}  // namespace diffmem
