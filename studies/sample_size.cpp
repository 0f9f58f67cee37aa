// SPDX-License-Identifier: MIT
// Figure 6: how many generated images does the ratio need?
#include "common/basic.hpp"

using namespace diffmem;

namespace {

Setup many_images(Profile profile) {
  Setup s = basic(profile);
  if (profile == Profile::paper || profile == Profile::gpu) s.train.evaluations = 1, s.sample.images = 50'000;
  if (profile == Profile::desktop) s.train.evaluations = 1, s.sample.images = 10'000;
  return s;
}

}  // namespace

const Registered study =
    Study("sample-size")
        .question("How many generated images does the memorization ratio need?")
        .source("Gu et al. 2023, Fig. 6")
        .hold<Basic>(many_images)
        .sizes({.paper = {1000, 2000}, .desktop = {16, 32}})
        .seeds({.paper = {1}})
        .spreads({.paper = {10, 100, 1000, 5000, 10'000, 20'000, 50'000},
                  .desktop = {10, 100, 1000, 5000, 10'000},
                  .smoke = {4, 8}})
        .claims({claim::settled("From 10,000 images on the spread is negligible.", "images=10000|20000|50000", 0.005)});
