// SPDX-License-Identifier: MIT
// TODO: whose embedding this is (author, year, equation).
#pragma once
#include <diffmem/embedding/concept.hpp>

#include <algorithm>

namespace diffmem {

/// TODO: the frequencies, as an equation.  As generated: f_j = highest (lowest/highest)^(j/(half-1)), j = 0 ... half-1,
/// half = channels/2.
struct Mine {
  static constexpr Role role = Role::embedding;
  static constexpr std::string_view name = "mine";
  static constexpr double unit = 1;  ///< TODO: radians that frequency 1 turns by per unit of c_noise; turns: 2 pi

  double highest = 1;    ///< first frequency   [unit per unit of c_noise]
  double lowest = 1e-4;  ///< last frequency, more than 0

  template <class Self, class Visit>
  static void each(Self& e, Visit&& visit) {
    visit("highest", e.highest), visit("lowest", e.lowest);
  }

  /// TODO: the formula.  What is drawn from the seed belongs to the weights: give it a name, as Fourier::buffer is.
  Tensor frequencies(int channels, std::uint64_t /*seed*/) const {
    const std::int64_t half = channels / 2, last = std::max<std::int64_t>(half - 1, 1);
    return full({1}, lowest / highest).pow(arange(half) / static_cast<double>(last)) * highest;
  }
};
static_assert(TimeEmbedding<Mine>);

}  // namespace diffmem
