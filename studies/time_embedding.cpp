// SPDX-License-Identifier: MIT
// Figure 3d: how the time is embedded decides how much is memorized.
#include <diffmem/embedding/fourier.hpp>

#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("time-embedding")
        .question("Does a network with Fourier features of the time memorize less than one with positional features?")
        .source("Gu et al. 2023, Fig. 3d and 13c")
        .hold<Basic>(basic)
        .vary<Fourier>()
        .across(axis::blocks, {.paper = {2, 4}, .desktop = {1, 2}})
        .sizes({.paper = {500, 1000, 2000, 4000}, .desktop = {8, 16, 32}})
        .claims({claim::each("blocks", claim::more("Fourier features memorize less, whatever the depth.",
                                                   "embedding=positional", "embedding=fourier")),
                 claim::each("blocks", claim::emm_larger("Fourier features have the smaller EMM, whatever the depth.",
                                                         "embedding=positional", "embedding=fourier"))});
