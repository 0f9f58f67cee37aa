// SPDX-License-Identifier: MIT
// Figure 2a: the larger the images, the fewer of them are memorized.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("resolution")
        .question("How many images does a network memorize at each resolution?")
        .source("Gu et al. 2023, Fig. 2a and 12a")
        .hold<Basic>(basic)
        .vary(axis::resolution, {.paper = {32, 16, 8}, .desktop = {16, 8, 4}})
        .sizes({.paper = {500, 1000, 2000, 4000, 8000, 16'000}, .desktop = {8, 16, 32}})
        .without({"resolution=32 size=8000|16000", "resolution=16|8 size=500"})
        .claims({claim::emm_rises("The smaller the images, the larger the EMM.", "resolution"),
                 claim::rises("The smaller the images, the higher the ratio.", "resolution"),
                 claim::near("At 32x32 the EMM is about 1,000.", "resolution=32 size=1000", 0.9, 0.05),
                 claim::at_least("At 16x16, 4,000 images are memorized.", "resolution=16 size=4000", 0.9),
                 claim::near("At 8x8 the EMM is about 8,000.", "resolution=8 size=8000", 0.9, 0.05),
                 claim::at_least("At 8x8, the ratio of 16,000 images is above 60 %.", "resolution=8 size=16000", 0.6)});
