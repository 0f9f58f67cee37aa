// SPDX-License-Identifier: MIT
// What every network family owes, whatever it configures.
#pragma once
#include "policy_laws.hpp"

#include <diffmem/net/family.hpp>

namespace diffmem::laws {

/// The family's fields are the same whatever stood there, those of images and labels stay, and the network can be built.
template <Family F>
void sets_its_fields_and_no_others(const F& family) {
  UNetConfig plain{.resolution = 24, .channels = 2, .label_dim = 5, .base = 16, .mult = {1, 2}, .blocks = 1};
  UNetConfig other = plain;
  other.noise_mult = 5, other.filter = {2, 2}, other.encoder = Encoder::residual;
  family.configure(plain);
  family.configure(other);
  REQUIRE(list_params(plain) == list_params(other));
  family.configure(other);
  REQUIRE(list_params(plain) == list_params(other));
  REQUIRE(plain.resolution == 24);
  REQUIRE(plain.channels == 2);
  REQUIRE(plain.label_dim == 5);
  REQUIRE(UNet(plain, SkipMask::all(), at::kMeta).parameter_count() > 0);
}

}  // namespace diffmem::laws
