// SPDX-License-Identifier: MIT
// The basic setup (paper, Appendix B), the centre of every grid, at each scale.
#pragma once
#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/study/all.hpp>

namespace diffmem {

// clang-format off
//                   schedule     embedding   family  skips     labels         sampler
using Basic = Design<VpSchedule,  Positional, DdpmPp, AllSkips, Unconditional, Heun>;
using Edm   = Design<EdmSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;
// clang-format on

/// paper: CIFAR-10, 35M parameters, 40,000 epochs.  gpu: half the width, a quarter of the parameters, fewer epochs.
/// desktop: Fashion-MNIST at 8x8, 180,000 parameters, 1,000 steps whatever the size: as few of the paper's epochs as
/// these would leave every network half trained.  smoke: two steps.
inline Setup basic(Profile profile) {
  switch (profile) {
    case Profile::paper:
      return {.data = {.source = "cifar10",
                       .resolution = 32,  // CIFAR-10's own, said so that Fig. 2a's runs at 32 are everyone's
                       .shrink = Shrink::lanczos,
                       .subset = SubsetRule::first}};
    case Profile::gpu: {
      Setup s = basic(Profile::paper);
      s.net.base = 64;
      s.train.length = 8'000, s.train.evaluations = 8;
      return s;
    }
    case Profile::desktop:
      return {.data = {.source = "fashion-mnist", .resolution = 8},
              .net = {.base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}, .dropout = 0},
              .train = {.batch = 64,
                        .budget = Budget::steps,
                        .length = 1000,
                        .warmup = 100,
                        .lr = 4e-3,
                        .ema = 0.99,
                        .evaluations = 2},
              .sample = {.images = 500}};
    case Profile::smoke: break;
  }
  Setup s = basic(Profile::desktop);
  s.net.base = 8;
  s.train.batch = 8, s.train.length = 2, s.train.warmup = 1, s.train.evaluations = 1;
  s.sample.images = 8;
  return s;
}

/// EDM's own network and training: four blocks, learning rate 1e-3, 4,000 epochs.
inline Setup edm(Profile profile) {
  Setup s = basic(profile);
  if (profile == Profile::paper || profile == Profile::gpu) {
    s.net.blocks = 4;
    s.train.lr = 1e-3;
    s.train.length = profile == Profile::paper ? 4'000 : 1'000;
  }
  return s;
}

/// Three levels of three skips each, at every scale: the masks of nine digits fit all of them.  At desktop its studies
/// train 8 images, which the full network memorizes, as it does the paper's 1,000.
inline Setup nine_skips(Profile profile) {
  Setup s = basic(profile);
  s.net.mult = {2, 2, 2}, s.net.blocks = 2;
  if (profile == Profile::desktop || profile == Profile::smoke) s.net.mult = {1, 2, 2};
  return s;
}

/// Four levels, side 64, batch 256.
inline Setup ffhq(Profile profile) {
  Setup s = basic(profile);
  if (profile == Profile::paper || profile == Profile::gpu) {
    s.data.source = "ffhq", s.data.resolution = 64, s.data.subset = SubsetRule::balanced;
    s.net.mult = {1, 2, 2, 2};
    s.train.batch = 256;
  } else {
    s.data.source = "fashion-mnist", s.data.resolution = 8;
  }
  return s;
}

}  // namespace diffmem
