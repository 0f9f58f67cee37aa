// SPDX-License-Identifier: MIT
// TODO: what this choice of skip connections is for.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/skip/mask.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <vector>

namespace diffmem {

/// TODO: which skips are on.  As generated: all but the last `off`, those of the coarsest levels.
struct MineSkips {
  static constexpr Role role = Role::skip;
  static constexpr std::string_view name = "mine";

  int switches = 9;  ///< encoder outputs of the network: levels * (blocks + 1)
  int off = 0;       ///< how many of them are off; 0: none, whatever the network's depth

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("switches", s.switches), visit("off", s.off);
  }

  /// TODO: one switch per encoder output, finest level first, or SkipMask::all().  Error unless 0 <= off <= switches.
  SkipMask mask() const {
    if (off < 0 || off > switches)
      throw Error(fmt::format("skip {}", name), fmt::format("{} of {} switches off", off, switches),
                  "0 <= off <= switches", "correct the skip policy's settings");
    if (off == 0) return SkipMask::all();
    std::vector<bool> on(static_cast<std::size_t>(switches));
    for (std::size_t i = 0; i + static_cast<std::size_t>(off) < on.size(); ++i) on[i] = true;
    return SkipMask(on);
  }
};
static_assert(SkipPolicy<MineSkips>);

}  // namespace diffmem
