// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/core/runtime.hpp>

namespace diffmem {

/// Seconds of a call, the mean of a few after one that sets up: neighbours that slow it now will slow the runs, too.
template <class Act>
double seconds_of(Act&& act) {
  act();
  int calls = 0;
  const double begun = steady_seconds();
  do act();
  while (++calls < 2 || steady_seconds() - begun < 0.3);
  return (steady_seconds() - begun) / calls;
}

}  // namespace diffmem
