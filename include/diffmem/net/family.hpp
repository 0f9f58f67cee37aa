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
    c.encoder = Encoder::standard;
  }
};
static_assert(Family<DdpmPp>);

/// NCSN++ (Song et al. 2021b): residual encoder, [1,3,3,1] resampling, noise features twice as wide as the base.  The
/// paper trains it with Fourier features and the VE schedule, but any embedding and schedule fit.
struct NcsnPp {
  static constexpr Role role = Role::family;
  static constexpr std::string_view name = "ncsnpp";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  void configure(UNetConfig& c) const {
    c.noise_mult = 2;
    c.filter = {1, 3, 3, 1};
    c.encoder = Encoder::residual;
  }
};
static_assert(Family<NcsnPp>);

}  // namespace diffmem
