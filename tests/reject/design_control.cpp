// SPDX-License-Identifier: MIT
// expect: compiles
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/design.hpp>

using namespace diffmem;
using Base = Design<VpSchedule, Positional, DdpmPp, Skips<"1 0 1">, Unconditional, Heun>;
static_assert(differ_in_one_role<Base, with<Base, EdmSchedule>>);
static_assert(differ_in_one_role<Base, with<Base, Skips<"111">>>);
static_assert(!differ_in_one_role<Base, with<Base, Skips<"101">>>);  // the same mask, written without spaces
static_assert(!differ_in_one_role<Base, with<with<Base, EdmSchedule>, Skips<"111">>>);
