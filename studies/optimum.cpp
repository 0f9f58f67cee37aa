// SPDX-License-Identifier: MIT
// Figure 1a: a model that has learnt its objective perfectly can only replicate.
#include <diffmem/sampler/sde.hpp>
#include <diffmem/study/optimum_run.hpp>

#include "common/basic.hpp"

using namespace diffmem;

namespace {

Setup sampled(Profile profile) {
  Setup s = basic(profile);
  // 3,900 images over three seeds: of fewer, even if all are memorized, 99.9 % is not certain (Wilson).
  if (profile == Profile::desktop) s.data.resolution = 0, s.sample.images = 1300;
  return s;
}

// The last step leaves noise of sqrt(3) sigma a value, which at 0.002 is half a grey level: more than a third of the
// distance between two drawings' crops.  So the levels end lower.
constexpr ReverseSde kSde{.levels = {.steps = 100, .sigma_min = 2e-4}};

}  // namespace

const Registered study =
    optimum_study(
        Study("optimum")
            .question("What does the optimum of denoising score matching generate, and does it depend on the size?")
            .source("Gu et al. 2023, Fig. 1a, Eq. 2, Appendix A"),
        sampled, Heun{}, kSde)
        .across(axis::source,
                {.paper = {"cifar10"}, .desktop = {"fashion-mnist", "openclipart-crops"}, .smoke = {"fashion-mnist"}})
        .sizes({.paper = {1000, 50'000}, .smoke = {64}})
        // 20 minutes of a core a run; the other three of the SDE say the same.
        .without(Values<Where>{.desktop = {"sampler=sde size=50000 data=openclipart-crops"}})
        .seeds({.paper = {1}, .desktop = {3}, .smoke = {1}})
        .claims({claim::at_least_but_twins("The optimum replicates at any size.", "", 0.999),
                 claim::lands("The last step of the ODE lands on the nearest training image.", "sampler=heun", 0.1)});
