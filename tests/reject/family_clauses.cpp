// SPDX-License-Identifier: MIT
// expect: 'ConfiguresUNet<F>' [with F = WithoutConfigure]
#include <diffmem/net/family.hpp>

using namespace diffmem;
struct WithoutConfigure : DdpmPp {
  void configure(UNetConfig&) const = delete;
};
static_assert(Family<WithoutConfigure>);
