// SPDX-License-Identifier: MIT
// Tables 2 and 5: the rate of the moving average hardly matters.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("ema")
        .question("Does averaging the weights over a longer time memorize more?")
        .source("Gu et al. 2023, Tables 2 and 5")
        .hold<Basic>(basic)
        .vary(axis::ema, {.paper = {0.99929, 0.999, 0.99, 0.9, 0.8, 0.5, 0.2, 0.1, 0}, .desktop = {0.99, 0.9, 0.5, 0}})
        .sizes({.paper = {1000, 2000}, .desktop = {16}})
        .against("ema")
        .claims({claim::flat("The rate changes little.", "ema", "", 0.05, 1.5)});
