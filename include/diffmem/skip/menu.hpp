// SPDX-License-Identifier: MIT
// Every skip policy that a word can name, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/skip/dropped.hpp>
#include <diffmem/skip/mask.hpp>
#include <diffmem/skip/runtime.hpp>

namespace diffmem {

class AnySkip : public Menu<Role::skip, AllSkips, RuntimeSkips, Dropped<RuntimeSkips>> {
 public:
  SkipMask mask() const {
    return on([](const auto& s) { return s.mask(); });
  }
};
static_assert(SkipPolicy<AnySkip>);

}  // namespace diffmem
