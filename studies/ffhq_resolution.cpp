// SPDX-License-Identifier: MIT
// Figure 11a: faces, at three resolutions.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("ffhq-resolution")
        .question("How many faces does a network memorize at each resolution?")
        .source("Gu et al. 2023, Fig. 11a")
        .hold<Basic>(ffhq)
        .vary(axis::resolution, {.paper = {64, 32, 16}, .desktop = {16, 8, 4}})
        .sizes({.paper = {500, 1000, 2000, 4000, 8000, 10'000}, .desktop = {8, 16, 32}})
        .claims({claim::emm_rises("The smaller the images, the larger the EMM.", "resolution"),
                 claim::emm_between("At 64x64 the EMM is 500 to 1,000.", "resolution=64", 500, 1000),
                 claim::emm_between("At 32x32 it is about 4,000.", "resolution=32", 3000, 5500),
                 claim::emm_between("At 16x16 it is 8,000 to 10,000.", "resolution=16", 8000, 10'000),
                 claim::at_least("At 16x16, 8,000 faces are memorized.", "resolution=16 size=8000", 0.9)});
