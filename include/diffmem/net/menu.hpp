// SPDX-License-Identifier: MIT
// Every network family, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/net/family.hpp>

namespace diffmem {

class AnyFamily : public Menu<Role::family, DdpmPp, NcsnPp> {
 public:
  void configure(UNetConfig& c) const {
    on([&](const auto& f) { f.configure(c); });
  }
};
static_assert(Family<AnyFamily>);

}  // namespace diffmem
