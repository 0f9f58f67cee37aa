// SPDX-License-Identifier: MIT
// Figure 2c: the more diverse the images of one class, the fewer of them are memorized, by a little.
#include "common/basic.hpp"

using namespace diffmem;

namespace {

/// Dogs of CIFAR-10 with dogs of ImageNet, or, on a small machine, ankle boots of Fashion-MNIST with other clothes.
Setup one_class(Profile profile) {
  Setup s = basic(profile);
  const bool small = profile == Profile::desktop || profile == Profile::smoke;
  s.data.blend_source = small ? "fashion-mnist" : "imagenet-dogs";
  s.data.blend_class = small ? 9 : 5;
  return s;
}

}  // namespace

const Registered study = Study("intra-diversity")
                             .question("Does diversity within a class make a network memorize less?")
                             .source("Gu et al. 2023, Fig. 2c and 12c")
                             .hold<Basic>(one_class)
                             .vary(axis::blend, {.paper = {0, 0.2, 0.5, 0.8, 1}, .desktop = {0, 0.5, 1}})
                             .sizes({.paper = {500, 1000, 2000}, .desktop = {8, 16, 32}})
                             .claims({claim::falls("The more diverse, the lower the ratio.", "blend"),
                                      claim::emm_falls("The more diverse, the smaller the EMM.", "blend")});
