// SPDX-License-Identifier: MIT
// Figure 5a, Table 3, Figure 9: labels raise memorization, random ones as much as true ones, unique ones to the utmost.
#include <diffmem/condition/random_labels.hpp>
#include <diffmem/condition/true_labels.hpp>
#include <diffmem/condition/unique_labels.hpp>

#include "common/basic.hpp"

using namespace diffmem;

// At desktop, 10 images are one of each class; of fewer, or of 16 with random labels, some classes have none, and what a
// network draws for a label that it has never seen says nothing.
const Registered study =
    Study("conditioning")
        .question("Do labels raise memorization, and must they mean anything?")
        .source("Gu et al. 2023, Fig. 5a, 9 and 14a, Table 3")
        .hold<Basic>(basic)
        .vary(TrueLabels{}, RandomLabels{.classes = 10, .draw = LabelDraw::python}, UniqueLabels{})
        .sizes({.paper = {1000, 2000, 3000, 4000, 5000}, .desktop = {10, 16, 32}})
        .claims(
            {claim::more("True labels memorize more than none.", "condition=true", "condition=none"),
             claim::emm_larger("True labels have the larger EMM.", "condition=true", "condition=none"),
             claim::alike("Random labels memorize about as much as true ones.",
                          "condition=random size=32|1000|2000|3000|4000|5000",
                          "condition=true size=32|1000|2000|3000|4000|5000", 0.05, 1.5),
             claim::more("Unique labels memorize more than true ones.", "condition=unique", "condition=true"),
             claim::at_least("Unique labels stay above 90 % up to the largest size.", "condition=unique", 0.9),
             claim::at_least_within("They are there after a fifth of the training.", "condition=unique", 0.9, 0.2)});
