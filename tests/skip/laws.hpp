// SPDX-License-Identifier: MIT
// What every skip policy owes, whatever it switches off.
#pragma once
#include "policy_laws.hpp"

#include <diffmem/net/unet.hpp>
#include <diffmem/skip/mask.hpp>

namespace diffmem::laws {

/// A network with as many encoder outputs as the mask has switches (any, if it has none) can be built, and has the
/// parameters of one without a mask; fewer only where the mask drops channels.
template <SkipPolicy S>
void fits_its_network(const S& skips) {
  const SkipMask mask = skips.mask();
  REQUIRE(mask.size() != 1);  // no network has a single one
  const int outputs = mask.size() == 0 ? 5 : static_cast<int>(mask.size());
  const UNetConfig config{.base = 8, .mult = {1}, .blocks = outputs - 1, .attention = {}};
  REQUIRE(config.skips() == outputs);
  bool all_on = true;
  for (int i = 0; i < outputs; ++i) all_on = all_on && mask[static_cast<std::size_t>(i)];
  const std::int64_t whole = UNet(config, SkipMask::all(), at::kMeta).parameter_count(),
                     masked = UNet(config, mask, at::kMeta).parameter_count();
  REQUIRE((masked == whole) == (all_on || !mask.drops()));
  REQUIRE(masked <= whole);
}

}  // namespace diffmem::laws
