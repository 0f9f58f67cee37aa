// SPDX-License-Identifier: MIT
// Appendix B: how far do three training seeds lie apart?
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("seeds")
        .question("How much does the memorization ratio depend on the training seed?")
        .source("Gu et al. 2023, Appendix B")
        .hold<Basic>(basic)
        .vary(axis::data_classes, {.paper = {2, 5}, .desktop = {2, 4}})
        .sizes({.paper = {1000}, .desktop = {16}})
        .seeds({.paper = {3}})
        .against("data-classes")
        .claims({claim::steady("The standard deviation over seeds is below 0.2 points.", "", 0.002)});
