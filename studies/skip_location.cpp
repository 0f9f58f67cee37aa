// SPDX-License-Identifier: MIT
// Figure 4b and d: which single skip connection is enough to memorize?
#include "common/skips.hpp"

using namespace diffmem;

const Registered study =
    Study("skip-location")
        .question("Which single skip connection lets a network memorize?")
        .source("Gu et al. 2023, Fig. 4b and 4d")
        .hold_each<Basic, Ncsn>(nine_skips, {"ddpmpp", "ncsnpp"})
        .vary(keep_one())
        .sizes({.paper = {1000}, .desktop = {8}})
        .against("skip")
        .claims({claim::at_least("DDPM++ memorizes with any one skip of the finest level.",
                                 "network=ddpmpp skip=100000000|010000000|001000000", 0.9),
                 claim::more("DDPM++: one skip of the finest level memorizes more than one of the coarsest.",
                             "network=ddpmpp skip=100000000|010000000|001000000",
                             "network=ddpmpp skip=000000100|000000010|000000001"),
                 claim::at_least("NCSN++ memorizes above 40 % with any one of them.",
                                 "network=ncsnpp skip=100000000|010000000|001000000", 0.4),
                 claim::more("NCSN++ memorizes more with one skip of the finest level than with all.",
                             "network=ncsnpp skip=100000000|010000000|001000000", "network=ncsnpp skip=all")});
