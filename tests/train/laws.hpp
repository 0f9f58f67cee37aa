// SPDX-License-Identifier: MIT
// What every design owes, whatever its policies.
#pragma once
#include "check.hpp"
#include "train/tiny.hpp"

#include <cmath>

namespace diffmem::laws {

/// Two steps of the smallest training change the weights, and images come of them.
template <class D>
void trains_and_samples(const D& design) {
  Trainer<D> trainer(design, tiny::net(), tiny::params(), tiny::images());
  const auto before = tiny::state(trainer);
  for (int i = 0; i < 2; ++i) REQUIRE(std::isfinite(trainer.step()));
  REQUIRE_FALSE(tiny::equal(before, tiny::state(trainer)));
  REQUIRE(trainer.generate({.images = 2, .batch = 2}).size() == 2 * 64);
}

}  // namespace diffmem::laws
