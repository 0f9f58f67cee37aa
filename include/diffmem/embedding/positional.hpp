// SPDX-License-Identifier: MIT
// Sinusoidal positional embedding (Vaswani et al. 2017).  The networks have its end point on: the last frequency is
// exactly 1e-4.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/embedding/concept.hpp>

#include <cmath>

namespace diffmem {

/// f_j = (1/max_positions)^(j/(half-1)), j = 0 ... half-1, or ^(j/half) with the end point off.
struct Positional {
  static constexpr Role role = Role::embedding;
  static constexpr std::string_view name = "positional";
  static constexpr double unit = 1;

  double max_positions = 10'000;  ///< inverse of the lowest frequency
  bool endpoint = true;           ///< whether the last frequency is the lowest

  template <class Self, class Visit>
  static void each(Self& e, Visit&& visit) {
    visit("max_positions", e.max_positions), visit("endpoint", e.endpoint);
  }

  void validate() const {
    need(max_positions >= 1 && std::isfinite(max_positions), "embedding positional", "max_positions", max_positions,
         "1 or more");
  }

  /// Computed in float32, as the reference does, whatever the network's precision.
  Tensor frequencies(int channels, std::uint64_t /*seed*/) const {
    const std::int64_t half = channels / 2;
    const Tensor base = full({1}, 1 / max_positions);
    return base.pow(arange(half) / static_cast<double>(half - (endpoint ? 1 : 0)));
  }
};
static_assert(TimeEmbedding<Positional>);

}  // namespace diffmem
