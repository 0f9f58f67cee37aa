// SPDX-License-Identifier: MIT
// Figure 3b and c: deeper networks memorize more, up to about six blocks.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("depth")
        .question("Does a deeper network memorize larger training sets?")
        .source("Gu et al. 2023, Fig. 3b, 3c and 13b")
        .hold<Basic>(basic)
        .vary(axis::blocks, {.paper = {2, 4, 6, 8, 10, 12}, .gpu = {2, 6, 12}, .desktop = {1, 2, 4}})
        .sizes({.paper = {500, 1000, 2000}, .desktop = {16, 32}})
        .claims({claim::each("size", claim::peaks_inside("The ratio rises with depth and then falls.", "blocks"),
                             "size=1000|2000|16|32"),
                 claim::emm_rises("The EMM rises from 2 to 6 blocks.", "blocks", "blocks=2|4|6"),
                 claim::emm_falls("The EMM falls beyond 6 blocks.", "blocks", "blocks=6|8|10|12"),
                 claim::emm_between("At 12 blocks the EMM is between 1,000 and 2,000.", "blocks=12", 1000, 2000)});
