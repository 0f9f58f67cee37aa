// SPDX-License-Identifier: MIT
// Figures 5d and 10: with unique labels even all of CIFAR-10 is memorized.
#include <diffmem/condition/unique_labels.hpp>

#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("unique-50k")
        .question("Does a label of its own make each of 50,000 images memorized?")
        .source("Gu et al. 2023, Fig. 5d, 10 and 14c")
        .hold<Edm>([](Profile profile) {
          Setup s = edm(profile);
          if (profile == Profile::paper) s.train.length = 12'000;
          if (profile == Profile::desktop) s.train.length = 2000;
          return s;
        })
        .vary<UniqueLabels>()
        .sizes({.paper = {50'000}, .desktop = {256}, .smoke = {64}})
        .against("condition")
        .claims({claim::more("Unique labels memorize more than none.", "condition=unique", "condition=none"),
                 claim::at_least("More than 65 % within 12,000 epochs.", "condition=unique size=50000", 0.65),
                 claim::at_most("Without labels, nothing.", "condition=none size=50000", 0.001)});
