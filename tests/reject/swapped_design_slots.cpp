// SPDX-License-Identifier: MIT
// expect: 'NoiseSchedule<S>' [with S = diffmem::Positional]
// expect: 'Family<F>' [with F = diffmem::AllSkips]
// expect: 'Conditioning<C>' [with C = diffmem::Heun]
// expect: 'Sampler<P>' [with P = diffmem::VpSchedule]
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/design.hpp>

using namespace diffmem;
using ScheduleEmbedding = Design<Positional, VpSchedule, DdpmPp, AllSkips, Unconditional, Heun>;
using FamilySkip = Design<VpSchedule, Positional, AllSkips, DdpmPp, Unconditional, Heun>;
using ConditionSampler = Design<VpSchedule, Positional, DdpmPp, AllSkips, Heun, Unconditional>;
using TwoSchedules = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, VpSchedule>;
