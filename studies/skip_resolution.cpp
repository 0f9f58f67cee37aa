// SPDX-License-Identifier: MIT
// Figure 4a and c: skip connections of one resolution alone.
#include "common/basic.hpp"
#include "common/skips.hpp"

using namespace diffmem;

const Registered study =
    Study("skip-resolution")
        .question("Which resolution's skip connections let a network memorize, and how many of them?")
        .source("Gu et al. 2023, Fig. 4a and 4c")
        .hold_each<Basic, Ncsn>(nine_skips, {"ddpmpp", "ncsnpp"})
        .vary(keep_of_one_level())
        .sizes({.paper = {1000}, .desktop = {8}})
        .against("skip")
        .claims({claim::more("DDPM++: all skips of the finest level memorize more than all of the coarsest.",
                             "network=ddpmpp skip=111000000", "network=ddpmpp skip=000000111"),
                 claim::more("NCSN++ likewise.", "network=ncsnpp skip=111000000", "network=ncsnpp skip=000000111"),
                 claim::more("DDPM++, middle level: two skips memorize more than three.",
                             "network=ddpmpp skip=000110000|000101000|000011000", "network=ddpmpp skip=000111000"),
                 claim::more("DDPM++, middle level: one skip memorizes more than three.",
                             "network=ddpmpp skip=000100000|000010000|000001000", "network=ddpmpp skip=000111000"),
                 claim::at_least("DDPM++ with all skips is above 90 %.", "network=ddpmpp skip=all", 0.9),
                 claim::near("NCSN++ with all skips is near 25 %.", "network=ncsnpp skip=all", 0.25, 0.1)});
