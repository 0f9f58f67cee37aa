// SPDX-License-Identifier: MIT
// Figure 3a: wider networks memorize more.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("width")
        .question("Does a wider network memorize larger training sets?")
        .source("Gu et al. 2023, Fig. 3a and 13a")
        .hold<Basic>(basic)
        .vary(axis::width, {.paper = {128, 192, 256, 320}, .gpu = {32, 64, 96, 128}, .desktop = {8, 16, 32}})
        .sizes({.paper = {500, 1000, 2000, 4000, 8000}, .desktop = {8, 16, 32}})
        .claims({claim::emm_rises("The EMM rises with width.", "width"),
                 claim::rises("The ratio rises with width.", "width"),
                 claim::emm_between("At 320 channels the EMM is about 5,000.", "width=320", 4000, 6500),
                 claim::emm_times("That is about four times the EMM at 128.", "width=320", "width=128", 2.5, 6.5)});
