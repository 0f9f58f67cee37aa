// SPDX-License-Identifier: MIT
// Tables 1 and 4: larger batches, with the learning rate in proportion, memorize more.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("batch-size")
        .question("Does a larger batch memorize more?")
        .source("Gu et al. 2023, Tables 1 and 4")
        .hold<Basic>([](Profile profile) {
          Setup s = basic(profile);
          if (profile == Profile::desktop) s.train.budget = Budget::epochs, s.train.length = 8000, s.train.warmup = 800;
          return s;
        })
        .vary(axis::batch,
              {.paper = {128, 256, 384, 512, 640, 768, 896}, .desktop = {32, 64, 128, 256}, .smoke = {4, 8}})
        .sizes({.paper = {1000, 2000}, .desktop = {16}})
        .against("batch")
        .claims({claim::rises("The larger the batch, the higher the ratio.", "batch"),
                 claim::alike("The effect is small.", "batch=128|32", "batch=896|256", 0.08, 1.5)});
