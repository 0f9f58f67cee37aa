// SPDX-License-Identifier: MIT
// expect: 'NoiseSchedule<S>' [with S = diffmem::Positional]
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/design.hpp>

using namespace diffmem;
using Swapped = Design<Positional, VpSchedule, DdpmPp, AllSkips, Unconditional, Heun>;
