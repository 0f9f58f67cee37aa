// SPDX-License-Identifier: MIT
// TODO: whose network this is (author, year).
#pragma once
#include <diffmem/net/family.hpp>

#include <vector>

namespace diffmem {

/// TODO: what sets this family apart.  As generated: DDPM++'s settings, as numbers to change.
struct Mine {
  static constexpr Role role = Role::family;
  static constexpr std::string_view name = "mine";

  int noise_mult = 1;                   ///< width of the noise features / base, 1 or more
  std::vector<int> filter = {1, 1};     ///< resampling taps, an even number of them, the same from both ends
  Encoder encoder = Encoder::standard;  ///< what the encoder does besides its blocks

  template <class Self, class Visit>
  static void each(Self& f, Visit&& visit) {
    visit("noise_mult", f.noise_mult), visit("filter", f.filter), visit("encoder", f.encoder);
  }

  /// TODO: every field of UNetConfig that belongs to the family; the others are the study's.
  void configure(UNetConfig& c) const {
    c.noise_mult = noise_mult;
    c.filter = filter;
    c.encoder = encoder;
  }
};
static_assert(Family<Mine>);

}  // namespace diffmem
