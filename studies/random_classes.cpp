// SPDX-License-Identifier: MIT
// Figure 5b and c: the more random classes, the more memorization.
#include <diffmem/condition/random_labels.hpp>
#include <diffmem/condition/unique_labels.hpp>

#include "common/basic.hpp"

using namespace diffmem;
using Random = with<Basic, RandomLabels>;

// At desktop, four images a class and more: of fewer, some classes have none, and what a network draws for a label that it
// has never seen says nothing.
const Registered study =
    Study("random-classes")
        .question("How does memorization grow with the number of classes that are drawn at random?")
        .source("Gu et al. 2023, Fig. 5b, 5c and 14b")
        .hold<Random>(basic, {.condition = {.draw = LabelDraw::python}})
        .vary(axis::classes, {.paper = {1, 2, 5, 10, 20, 50, 100, 500, 1000}, .desktop = {1, 2, 4, 8}})
        .beside<Basic>("classes", "none")
        .beside<with<Basic, UniqueLabels>>("classes", "unique")
        .sizes({.paper = {1000, 2000, 5000}, .desktop = {16, 32}})
        .without(Values<Where>{.paper = {"size=1000|2000 classes=500|1000", "size=5000 classes=2|5|20"},
                               .desktop = {"size=16 classes=8"}})
        .against("classes")
        .claims({claim::rises("The ratio rises with the number of classes.", "classes",
                              "classes=1|2|4|5|8|10|20|50|100|500|1000"),
                 claim::alike("One class is as good as none.", "classes=1", "classes=none", 0.05, 1.5),
                 claim::near("One class of 5,000 images: about 10 %.", "classes=1 size=5000", 0.1, 0.05),
                 claim::more("Unique labels memorize more than one class.", "classes=unique", "classes=1"),
                 claim::at_least("1,000 classes of 5,000 images: above 90 %.", "classes=1000 size=5000", 0.9),
                 claim::at_least_within("Unique labels of 5,000 images: above 95 % after a fifth of the training.",
                                        "classes=unique size=5000", 0.95, 0.2)});
