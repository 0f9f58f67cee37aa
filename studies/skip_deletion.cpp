// SPDX-License-Identifier: MIT
// Figure 8b: skip connections deleted at one resolution.
#include "common/basic.hpp"
#include "common/skips.hpp"

using namespace diffmem;

const Registered study =
    Study("skip-deletion")
        .question("Which skip connections can be deleted without loss of memorization?")
        .source("Gu et al. 2023, Fig. 8b")
        .hold<Basic>(nine_skips)
        .vary(delete_some())
        .sizes({.paper = {1000}, .desktop = {8}})
        .against("skip")
        .claims(
            {claim::at_least("Deleting one or two anywhere leaves the ratio above 90 %.", deleted_one_or_two(), 0.9),
             claim::at_least("So does deleting three at a coarser level.", "skip=111000111|111111000", 0.9),
             claim::at_most("Deleting all three of the finest level brings it below 90 %.", "skip=000111111", 0.9)});
