// SPDX-License-Identifier: MIT
// From real images to a memorization curve in minutes: small DDPM++ networks on nested subsets of Fashion-MNIST at
// 8x8.  The smallest set is replicated, the largest is not; the EMM lies between.
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/study/all.hpp>

using namespace diffmem;

// clang-format off
//                schedule    embedding   family  skips     labels         sampler
using Demo = Design<EdmSchedule,Positional, DdpmPp, AllSkips, Unconditional, Heun>;
// clang-format on

namespace {

Setup small(Profile profile) {
  const bool smoke = profile == Profile::smoke;
  return {.data = {.source = "fashion-mnist", .resolution = 8},
          .net = {.base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}, .dropout = 0},
          .train = {.batch = 64,
                    .budget = Budget::steps,
                    .length = smoke ? 10.0 : 1000.0,
                    .warmup = 100,
                    .lr = 4e-3,
                    .ema = 0.99,
                    .evaluations = smoke ? 1 : 2},
          .sample = {.images = smoke ? 16 : 1000}};
}

}  // namespace

const Registered study =
    Study("demo")
        .question("At how many training images does a small diffusion model stop replicating them?")
        .source("after Gu et al. 2023, Fig. 2a, at the scale of two cores")
        .hold<Demo>(small)
        .sizes(16, 32, 64, 128)
        .seeds({.paper = {1}})
        .claims({claim::falls("The more images there are, the fewer of them are replicated.", "size")});
