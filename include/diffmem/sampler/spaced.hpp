// SPDX-License-Identifier: MIT
// DDIM and DDPM by some of a schedule's discrete steps, as diffusers' schedulers of these names have them.
#pragma once
#include <diffmem/sampler/guided.hpp>
#include <diffmem/sampler/walk.hpp>
#include <diffmem/schedule/steps.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace diffmem {

/// Which n of the steps 0 ... T-1 are taken, the highest first.
enum class Spacing {
  leading,   ///< offset + i floor(T/n), i = n-1 ... 0
  trailing,  ///< round(T - i T/n) - 1, i = 0 ... n-1
  linspace,  ///< round(i (T-1)/(n-1)), i = n-1 ... 0
};
inline constexpr std::array<std::string_view, 3> kSpacingWords{"leading", "trailing", "linspace"};
constexpr const auto& words_of(Spacing) { return kSpacingWords; }

/// The steps that a sampler takes.  Defaults: Stable Diffusion's.
struct SpacedSteps {
  NoiseSteps noise = {};
  int steps = 50;  ///< n
  Spacing spacing = Spacing::leading;
  int offset = 1;  ///< of leading ones

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    NoiseSteps::each(s.noise, visit), visit("steps", s.steps), visit("spacing", s.spacing), visit("offset", s.offset);
  }
  /// Falling.  Error if there are more of them than T, or an offset leaves 0 ... T-1.                            -> [n]
  std::vector<int> chosen() const;
};

/// DDIM (Song et al. 2021a) from each chosen step t to t - floor(T/n); below 0 the level is 0 or, unless `to_one`, that of
/// step 0.  x_T are the latents as they are drawn.
struct SpacedDdim {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "ddim";

  SpacedSteps at = {};
  bool to_one = false;  ///< the last level is 0
  double eta = 0;       ///< share of fresh noise, 0 ... 1: as in Ddim
  double guidance = 1;  ///< scale of classifier-free guidance; 1: none

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    SpacedSteps::each(s.at, visit), visit("to_one", s.to_one), visit("eta", s.eta), visit("guidance", s.guidance);
  }
  int evaluations() const { return guidance == 1 ? at.steps : 2 * at.steps; }
  /// Its steps; they are the schedule's own, whatever the range.
  Plan plan(SigmaRange range = {}) const;
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(Guided{denoise, guidance}, noise, plan(range), labels);
  }
};
static_assert(Sampler<SpacedDdim>);

/// How much noise DDPM adds in a step from t to s, a the kept share of the signal (schedule/steps.hpp).
enum class Variance {
  fixed_small,  ///< (1 - a_s)/(1 - a_t) (1 - a_t/a_s), that of the posterior
  fixed_large,  ///< 1 - a_t/a_s
};
inline constexpr std::array<std::string_view, 2> kVarianceWords{"fixed_small", "fixed_large"};
constexpr const auto& words_of(Variance) { return kVarianceWords; }

/// Ancestral sampling (Ho et al. 2020) from each chosen step to the next, and from the last to 0.
struct SpacedDdpm {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "ddpm";

  SpacedSteps at = {.steps = 1000, .offset = 0};
  Variance variance = Variance::fixed_small;
  double guidance = 1;  ///< scale of classifier-free guidance; 1: none

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    SpacedSteps::each(s.at, visit), visit("variance", s.variance), visit("guidance", s.guidance);
  }
  int evaluations() const { return guidance == 1 ? at.steps : 2 * at.steps; }
  Plan plan(SigmaRange range = {}) const;
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    return walk(Guided{denoise, guidance}, noise, plan(range), labels);
  }
};
static_assert(Sampler<SpacedDdpm>);

}  // namespace diffmem
