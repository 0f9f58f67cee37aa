// SPDX-License-Identifier: MIT
// Figure 2b: the more classes, the fewer images are memorized, by a little.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study = Study("classes")
                             .question("Does a training set of more classes make a network memorize less?")
                             .source("Gu et al. 2023, Fig. 2b and 12b")
                             .hold<Basic>(basic)
                             .vary(axis::data_classes, {.paper = {1, 2, 5, 10}, .desktop = {1, 2, 4, 8}})
                             .sizes({.paper = {500, 1000, 2000}, .desktop = {8, 16, 32}})
                             .claims({claim::falls("The more classes, the lower the ratio.", "data-classes"),
                                      claim::emm_falls("The more classes, the smaller the EMM.", "data-classes"),
                                      claim::alike("Between 5 and 10 classes there is hardly a difference.",
                                                   "data-classes=5|4", "data-classes=10|8", 0.05)});
