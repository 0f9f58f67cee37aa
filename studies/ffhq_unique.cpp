// SPDX-License-Identifier: MIT
// Figure 11d: faces, with a label each.
#include <diffmem/condition/unique_labels.hpp>

#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("ffhq-unique")
        .question("How many faces are memorized when each has a label of its own?")
        .source("Gu et al. 2023, Fig. 11d")
        .hold<Basic>(ffhq)
        .vary<UniqueLabels>()
        .sizes({.paper = {1000, 2000, 3000, 4000, 5000}, .desktop = {16, 32}})
        .claims({claim::more("Unique labels memorize more than none.", "condition=unique", "condition=none"),
                 claim::at_least("Unique labels memorize 5,000 faces.", "condition=unique size=5000", 0.9),
                 claim::at_most("Without labels, not even 1,000 are.", "condition=none size=1000", 0.9)});
