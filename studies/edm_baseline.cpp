// SPDX-License-Identifier: MIT
// Figure 1b and c: EDM, trained as its authors do on all of CIFAR-10, replicates nothing.
#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("edm-baseline")
        .question("Does a state-of-the-art diffusion model replicate any of its 50,000 training images?")
        .source("Gu et al. 2023, Fig. 1b and 1c")
        .hold<Edm>(edm)
        .sizes({.paper = {50'000}, .desktop = {5000}, .smoke = {64}})
        .claims({claim::at_most("The ratio is 0 throughout training.", "", 0.001)});
