// SPDX-License-Identifier: MIT
// expect: 'GivesMask<S>' [with S = WithoutMask]
#include <diffmem/skip/mask.hpp>

using namespace diffmem;
struct WithoutMask : AllSkips {
  SkipMask mask() const = delete;
};
static_assert(SkipPolicy<WithoutMask>);
