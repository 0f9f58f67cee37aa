// SPDX-License-Identifier: MIT
#include <diffmem/sampler/levels.hpp>
#include <diffmem/schedule/grid.hpp>
#include <diffmem/schedule/path.hpp>

#include <algorithm>

namespace diffmem {

SigmaRange NoiseLevels::clamped(SigmaRange range) const {
  const SigmaRange own = grid == Grid::vp   ? SigmaRange{VpPath{}.sigma(epsilon), VpPath{}.sigma(1)}
                         : grid == Grid::ve ? SigmaRange{0.02, 100}
                                            : SigmaRange{0.002, grid == Grid::iddpm ? 81.0 : 80.0};
  return {std::max(sigma_min > 0 ? sigma_min : own.min, range.min),
          std::min(sigma_max > 0 ? sigma_max : own.max, range.max)};
}

std::vector<double> NoiseLevels::within(SigmaRange range) const {
  const auto [low, high] = clamped(range);
  switch (grid) {
    case Grid::vp: return vp_grid(steps, low, high, epsilon);
    case Grid::ve: return ve_grid(steps, low, high);
    case Grid::iddpm: return iddpm_grid(steps, low, high, c1, c2, m);
    case Grid::edm: break;
  }
  return rho_grid(steps, low, high, rho);
}

}  // namespace diffmem
