// SPDX-License-Identifier: MIT
// Figure 11b: faces, by two embeddings of the time.
#include <diffmem/embedding/fourier.hpp>

#include "common/basic.hpp"

using namespace diffmem;

const Registered study =
    Study("ffhq-embedding")
        .question("Do Fourier features of the time memorize fewer faces than positional ones?")
        .source("Gu et al. 2023, Fig. 11b")
        .hold<Basic>(ffhq)
        .vary<Fourier>()
        .sizes({.paper = {500, 1000, 2000}, .desktop = {16, 32}})
        .claims({claim::more("Fourier features memorize less.", "embedding=positional", "embedding=fourier")});
