// SPDX-License-Identifier: MIT
// expect: constraints not satisfied
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/fourier.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/study/study.hpp>

using namespace diffmem;
using Base = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;
// Two things varied where one is said: a second factor is across().
int main(int argc, char** argv) {
  return Study("twice")
      .hold<Base>(Setup{})
      .vary<Fourier>()
      .vary(axis::width, {.paper = {8, 16}})
      .sizes(4)
      .run(argc, argv);
}
