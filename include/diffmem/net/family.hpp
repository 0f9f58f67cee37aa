// SPDX-License-Identifier: MIT
// Network families: named settings of the one U-Net.
#pragma once
#include <diffmem/core/policy.hpp>
#include <diffmem/net/unet.hpp>

namespace diffmem {

template <class F>
concept ConfiguresUNet = requires(const F f, UNetConfig& c) { f.configure(c); };
/// A family sets the fields of UNetConfig that belong to it.
template <class F>
concept Family = Policy<F, Role::family> && ConfiguresUNet<F>;

/// DDPM++ (Song et al. 2021b): plain encoder and decoder, box resampling, noise features as wide as the base.
struct DdpmPp {
  static constexpr Role role = Role::family;
  static constexpr std::string_view name = "ddpmpp";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  void configure(UNetConfig& c) const {
    c.noise_mult = 1;
    c.filter = {1, 1};
  }
};
static_assert(Family<DdpmPp>);

}  // namespace diffmem
