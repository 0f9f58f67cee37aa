// SPDX-License-Identifier: MIT
// NoiseLevels: a sampling grid chosen by word, with its numbers; the part that samplers share.
#pragma once
#include <diffmem/sampler/denoiser.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace diffmem {

/// The sampling grids of schedule/grid.hpp.
enum class Grid { edm, vp, ve, iddpm };
inline constexpr std::array<std::string_view, 4> kGridWords{"edm", "vp", "ve", "iddpm"};
constexpr const auto& words_of(Grid) { return kGridWords; }

/// The levels at which a sampler stops.
struct NoiseLevels {
  Grid grid = Grid::edm;
  int steps = 18;         ///< noise levels above 0
  double sigma_min = 0;   ///< lowest; 0: the grid's own, edm and iddpm 0.002, vp 0.0105 = sigma(epsilon), ve 0.02
  double sigma_max = 0;   ///< highest; 0: the grid's own, edm 80, iddpm 81, vp 152 = sigma(1), ve 100
  double rho = 7;         ///< grid edm: how strongly the levels crowd towards sigma_min
  double epsilon = 1e-3;  ///< grid vp: the time at sigma_min; the time at sigma_max is 1
  double c1 = 0.001;      ///< grid iddpm: bounds a step's growth
  double c2 = 0.008;      ///< grid iddpm: offset of its cosine
  int m = 1000;           ///< grid iddpm: levels in all

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("grid", s.grid), visit("steps", s.steps), visit("sigma_min", s.sigma_min), visit("sigma_max", s.sigma_max);
    visit("rho", s.rho), visit("epsilon", s.epsilon), visit("c1", s.c1), visit("c2", s.c2), visit("m", s.m);
  }

  /// The ends after clamping to what the denoiser accepts.
  SigmaRange clamped(SigmaRange range) const;
  /// The levels between them, falling, then 0.  Error as in schedule/grid.hpp.                            -> steps+1 values
  std::vector<double> within(SigmaRange range) const;
};

}  // namespace diffmem
