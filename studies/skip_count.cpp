// SPDX-License-Identifier: MIT
// Figure 8a: how many skip connections, wherever they are?
#include "common/basic.hpp"
#include "common/skips.hpp"

using namespace diffmem;

const Registered study =
    Study("skip-count")
        .question("How does memorization depend on the number of skip connections, chosen at random?")
        .source("Gu et al. 2023, Fig. 8a")
        .hold<Basic>(nine_skips)
        .vary(keep_some())
        .sizes({.paper = {1000}, .desktop = {8}})
        .against("skip")
        .claims({claim::spreads_more("One skip spreads more than eight.", kept_one_at_random(), kept_eight_at_random()),
                 claim::at_least("With eight skips the ratio stays above 90 %.", kept_eight_at_random(), 0.9)});
