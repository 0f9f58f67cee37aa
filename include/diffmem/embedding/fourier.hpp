// SPDX-License-Identifier: MIT
// Random Fourier features (Tancik et al. 2020) of the noise level, as Song et al. 2021b use them.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/embedding/concept.hpp>

#include <cmath>
#include <numbers>

namespace diffmem {

/// f_j ~ N(0, scale^2) turns per unit of c_noise, drawn once from the run's seed and never trained.
///
/// With VP, c_noise reaches 999 and an angle 10^5 radians, of which float32 keeps 0.03: outputs then carry an error of
/// about a per cent, the reference's no less.
struct Fourier {
  static constexpr Role role = Role::embedding;
  static constexpr std::string_view name = "fourier";
  static constexpr double unit = 2 * std::numbers::pi;
  static constexpr std::string_view buffer = "map_noise.freqs";

  double scale = 16;  ///< standard deviation of the frequencies   [turns per unit of c_noise]

  template <class Self, class Visit>
  static void each(Self& e, Visit&& visit) {
    visit("scale", e.scale);
  }

  void validate() const { need(scale > 0 && std::isfinite(scale), "embedding fourier", "scale", scale, "more than 0"); }

  Tensor frequencies(int channels, std::uint64_t seed) const {
    std::vector<double> values(static_cast<std::size_t>(channels / 2));
    RandomStream(seed, Stream::embedding).fill_normal(std::span(values));
    return (tensor_of(values) * scale).to(kFloat32);
  }
};
static_assert(TimeEmbedding<Fourier> && SavesFrequencies<Fourier>);

}  // namespace diffmem
