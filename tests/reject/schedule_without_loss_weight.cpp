// SPDX-License-Identifier: MIT
// expect: HasLossWeight
#include <diffmem/schedule/ve.hpp>

using namespace diffmem;
struct Unweighted : VeSchedule {
  Tensor loss_weight(const Tensor& sigma) const = delete;
};
static_assert(NoiseSchedule<Unweighted>);
