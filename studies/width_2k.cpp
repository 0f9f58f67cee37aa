// SPDX-License-Identifier: MIT
// Figure 7a, c and e: width at one size, through training.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("width-2k")
        .question("Is a wider network ahead at every moment of training?")
        .source("Gu et al. 2023, Fig. 7a, 7c and 7e")
        .hold<Basic>(basic)
        .vary(axis::width,
              {.paper = {64, 96, 128, 160, 192, 224, 256}, .gpu = {32, 64, 96, 128}, .desktop = {8, 16, 32}})
        .across(axis::blocks, {.paper = {2, 4}, .desktop = {1, 2}})
        .sizes({.paper = {2000}, .desktop = {32}})
        .against("width")
        .claims({claim::each("blocks", claim::rises("The wider, the more memorization, at either depth.", "width")),
                 claim::each("blocks",
                             claim::ahead("The widest is ahead of the narrowest throughout training.", "width"))});
