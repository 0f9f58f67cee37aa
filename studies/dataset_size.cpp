// SPDX-License-Identifier: MIT
// Figure 1c and d: smaller training sets and longer training mean more memorization.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("dataset-size")
        .question("From which size on are training images no longer replicated?")
        .source("Gu et al. 2023, Fig. 1c and 1d")
        .hold<Edm>(edm)
        .vary(axis::length, {.paper = {4'000, 40'000}, .gpu = {1'000, 4'000}, .desktop = {500, 1000}, .smoke = {1, 2}})
        .sizes({.paper = {1000, 2000, 5000, 10'000, 20'000, 50'000}, .desktop = {8, 16, 32, 128}})
        .without(Values<Where>{.paper = {"length=4000 size=1000", "length=40000 size=10000|20000|50000"},
                               .gpu = {"length=1000 size=1000", "length=4000 size=10000|20000|50000"},
                               .desktop = {}})
        .claims({claim::falls("The larger the training set, the lower the ratio.", "size"),
                 claim::rises("The longer the training, the higher the ratio.", "length"),
                 claim::at_most("No image of 50,000 is replicated.", "size=50000", 0.001),
                 claim::at_most("Of 10,000 and 20,000 next to none is.", "size=10000|20000", 0.01),
                 claim::at_least("Of 2,000 and 5,000 some are.", "size=2000|5000", 0.01),
                 claim::at_least("The smallest set is memorized after the longest training.",
                                 "length=40000|1000 size=1000|8", 0.9),
                 claim::at_most("5,000 are still far from it.", "length=40000 size=5000", 0.5)});
