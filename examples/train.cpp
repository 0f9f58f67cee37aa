// SPDX-License-Identifier: MIT
// One model, every policy picked on the command line:
//
//     build/release/examples/train --schedule vp --condition true --sampler heun --sizes 500 --set train.length=200
//
// trains on 500 images of Fashion-MNIST at 8x8, samples, measures, and writes out/train/report.html.  As it stands (VP, 64
// images, 1,000 steps) it takes 31 s on one AVX-512 core and ends with "EMM at 90 %: below the smallest size, 64" (1.6 %
// memorized).  --dry-run tells size, memory and time first.
#include <diffmem/study/study.hpp>
#include <diffmem/train/menu.hpp>

using namespace diffmem;

int main(int argc, char** argv) {
  return Study("train")
      .question("How much does this one model memorize?")
      .source("a design of your own")
      .hold<AnyDesign>({.data = {.source = "fashion-mnist", .resolution = 8},
                        .net = {.base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}, .dropout = 0},
                        .train = {.batch = 64,
                                  .budget = Budget::steps,
                                  .length = 1000,
                                  .warmup = 100,
                                  .lr = 4e-3,
                                  .ema = 0.99,
                                  .evaluations = 1},
                        .sample = {.images = 1000}})
      .sizes(64)
      .run(argc, argv);
}
