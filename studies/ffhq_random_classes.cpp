// SPDX-License-Identifier: MIT
// Figure 11c: faces, with random labels.
#include <diffmem/condition/random_labels.hpp>

#include "common/basic.hpp"

using namespace diffmem;
using Random = with<Basic, RandomLabels>;

const Registered study = Study("ffhq-random-classes")
                             .question("How does the memorization of faces grow with the number of random classes?")
                             .source("Gu et al. 2023, Fig. 11c")
                             .hold<Random>(ffhq, {.condition = {.draw = LabelDraw::python}})
                             .vary(axis::classes, {.paper = {1, 10, 50, 100, 200, 400, 2000}, .desktop = {1, 2, 4, 8}})
                             .sizes({.paper = {2000}, .desktop = {32}})
                             .against("classes")
                             .claims({claim::rises("The ratio rises with the number of classes.", "classes"),
                                      claim::at_least("400 classes: above 90 %.", "classes=400", 0.9),
                                      claim::near("One class: about 20 %.", "classes=1", 0.2, 0.1)});
