// SPDX-License-Identifier: MIT
// Figure 7b, d and f: depth at one size, through training.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("depth-2k")
        .question("Is a deeper network ahead at every moment of training?")
        .source("Gu et al. 2023, Fig. 7b, 7d and 7f")
        .hold<Basic>(basic)
        .vary(axis::blocks, {.paper = {2, 4, 6, 8, 10}, .gpu = {2, 6, 10}, .desktop = {1, 2, 4}})
        .across(axis::width, {.paper = {128, 256}, .gpu = {64, 128}, .desktop = {16, 32}})
        .sizes({.paper = {2000}, .desktop = {32}})
        .against("blocks")
        .claims({claim::each("width", claim::peaks_inside("The ratio is not monotone in depth.", "blocks")),
                 claim::several_peaks("At the larger width it has several peaks.", "blocks", "width=256|32"),
                 claim::each("width",
                             claim::overtaken("A deeper network may lie below a shallower one throughout training.",
                                              "blocks"))});
