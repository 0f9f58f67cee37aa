// SPDX-License-Identifier: MIT
// Somebody else's program: trains three steps of a small diffusion model on its own images and samples from it.
#include <diffmem/condition/none.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/trainer.hpp>

#include <cmath>
#include <cstdio>
#include <exception>

using namespace diffmem;
using Small = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;

ImageSet stripes(std::int64_t count);  // other.cpp

int main() try {
  set_up_runtime({.threads = 1});
  std::fputs(version_text().c_str(), stdout);

  UNetConfig net;
  net.base = 8, net.mult = {1, 2}, net.blocks = 1, net.attention = {};
  TrainParams train;
  train.batch = 4, train.budget = Budget::steps, train.length = 3, train.warmup = 1;
  Trainer<Small> trainer(Small{}, net, train, stripes(6));
  while (!trainer.finished()) {
    const double loss = trainer.step();
    std::printf("step %d: loss %.3f\n", static_cast<int>(trainer.progress().step), loss);
    if (!std::isfinite(loss)) return 1;
  }
  const auto pixels = trainer.generate({.images = 2});
  std::printf("generated %zu pixels\n", pixels.size());
  return trainer.progress().step == 3 && pixels.size() == 2 * 8 * 8 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
