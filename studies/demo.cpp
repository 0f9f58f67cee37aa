// SPDX-License-Identifier: MIT
// From real images to a memorization curve in minutes: small DDPM++ networks on nested subsets of Fashion-MNIST at
// 8x8.  The smallest set is replicated, the largest is not; the EMM lies between.
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/study/study.hpp>

using namespace diffmem;

// clang-format off
//                schedule    embedding   family  skips     labels         sampler
using Demo = Design<EdmSchedule,Positional, DdpmPp, AllSkips, Unconditional, Heun>;
// clang-format on

int main(int argc, char** argv) {
  return Study("demo")
      .question("At how many training images does a small diffusion model stop replicating them?")
      .source("after Gu et al. 2023, Fig. 2a, at the scale of two cores")
      .hold<Demo>({.data = {.source = "fashion-mnist", .resolution = 8},
                   .net = {.base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}, .dropout = 0},
                   .train = {.batch = 64,
                             .budget = Budget::steps,
                             .length = 1000,
                             .warmup = 100,
                             .lr = 4e-3,
                             .ema = 0.99,
                             .evaluations = 2},
                   .sample = {.images = 1000, .batch = 100}})
      .sizes({16, 32, 64, 128})
      .run(argc, argv);
}
