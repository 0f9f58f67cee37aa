// SPDX-License-Identifier: MIT
// expect: each policy must differ from the held one of its role, and from no other role
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/study/study.hpp>

using namespace diffmem;
using Base = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;
// Varied to what is held: both curves would be the same.
int main(int argc, char** argv) { return Study("none").hold<Base>(Setup{}).vary<VpSchedule>().run(argc, argv); }
