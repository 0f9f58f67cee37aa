// SPDX-License-Identifier: MIT
// Table 6: fine-tuning Stable Diffusion with a prompt for each class memorizes more than with one prompt for all.
#include <diffmem/condition/prompts.hpp>
#include <diffmem/study/all.hpp>
#include <diffmem/study/stable_run.hpp>

using namespace diffmem;

// clang-format off
//                              weights              schedule      prompts      sampler
using Tuned = stable::PromptDesign<stable::Pretrained, DdpmSchedule, PlainPrompt, SpacedDdim>;
// clang-format on

namespace {

/// paper: a Stable Diffusion 1.x of 256x256, such as miniSD, on Artbench-10.  gpu: the same, a tenth of the epochs.
/// desktop: a tiny one of Fashion-MNIST at 16x16, made here.  smoke: one of captioned stamps, a few steps of it.
Setup tuned(Profile profile) {
  Setup s{.data = {.source = "artbench", .resolution = 256, .subset = SubsetRule::balanced},
          .train = {.batch = 64,  // 16, four times before each step
                    .accumulate = 4,
                    .length = 10'000,
                    .warmup = 0,
                    .lr = 1e-4,
                    .lr_rule = LrRule::cosine,
                    .decay_rule = WeightDecay::decoupled,
                    .weight_decay = 1e-6,
                    .ema_rule = EmaRule::counted,
                    .ema = 0.9999,
                    .reduction = Reduction::mean,
                    .order = Order::reshuffled,
                    .evaluations = 1,
                    .precision = Precision::bf16,
                    .checkpointing = true},
          .sample = {.images = 10'000, .labels = LabelLaw::balanced}};
  if (profile == Profile::gpu) s.train.length = 1000, s.sample.images = 1000;
  if (profile == Profile::desktop || profile == Profile::smoke) {
    s.data.source = "fashion-mnist", s.data.resolution = 16;
    s.train.batch = 16, s.train.accumulate = 1;
    s.train.budget = Budget::steps, s.train.length = 2000, s.train.lr = 1e-3, s.train.ema = 0.99;
    s.train.precision = Precision::fp32, s.train.checkpointing = false;
    s.sample.images = 500;
  }
  if (profile == Profile::smoke) {
    s.data.source = "tuxpaint-stamps", s.data.resolution = 32, s.data.subset = SubsetRule::random;
    s.train.length = 2, s.sample.images = 6;
  }
  return s;
}

/// The model that is tuned.
constexpr Axis<std::string> kModel{"model", "model", [](const Setup&, const std::string& word) -> Listing {
                                     if (word == "tiny") return {{"family.folder", "tiny"}, {"family.side", "16"}};
                                     if (word == "tiniest")
                                       return {{"family.folder", "tiny"},  {"family.codec_steps", "2"},
                                               {"family.unet_steps", "2"}, {"family.codec_width", "8"},
                                               {"family.unet_width", "8"}, {"sampler.steps", "3"}};
                                     return {{"family.folder", word}, {"sampler.guidance", "7.5"}};
                                   }};

}  // namespace

const Registered study =
    Study("stable-diffusion")
        .question("Does fine-tuning with a prompt for each class memorize more than with one for all?")
        .source("Gu et al. 2023, Table 6, Appendix F")
        .hold<Tuned>(tuned)
        .vary(ClassPrompt{}, CaptionPrompt{})  // captions where the images have them
        .across(kModel, {.paper = {"stable-diffusion"}, .desktop = {"tiny"}, .smoke = {"tiniest"}})
        .sizes({.paper = {100, 200, 500}, .desktop = {10, 20, 40}, .smoke = {6}})
        .claims({claim::more("Class prompts memorize more than plain ones.", "condition=class", "condition=plain"),
                 claim::falls("The more images there are, the fewer are replicated.", "size")});
