// SPDX-License-Identifier: MIT
// What an experiment with Stable Diffusion is made of.
#pragma once
#include <diffmem/condition/prompts.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/sampler/denoiser.hpp>
#include <diffmem/schedule/concept.hpp>
#include <diffmem/stable/tiny.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tuple>

namespace diffmem::stable {

/// Where the weights come from that are fine-tuned.
struct Pretrained {
  static constexpr Role role = Role::family;
  static constexpr std::string_view name = "stable";

  std::string folder =
      "tiny";  ///< a model folder in diffusers' layout; tiny: one that is made by `recipe` when it is asked for
  Recipe recipe = {};

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("folder", p.folder);
    Recipe::each(p.recipe, visit);
  }
  bool is_tiny() const { return folder == "tiny"; }
  void validate() const {
    if (is_tiny()) recipe.validate();
  }
};

/// The policies of an experiment in latent space, as Design has them in the space of images.  The schedule's noise, and the
/// sampler's, are those of the model folder.
template <Policy<Role::family> F, NoiseSchedule S, Prompting C, Sampler P>
struct PromptDesign {
  template <class... Q>
  using Of = PromptDesign<Q...>;

  F family{};
  S schedule{};
  C condition{};
  P sampler{};

  auto tied() const { return std::tie(family, schedule, condition, sampler); }
  std::string slug() const {
    return fmt::format("{}-{}-{}-{}", family.name, schedule.name, condition.name, sampler.name);
  }
  /// Error naming the parameter that is out of range.
  void validate() const { family.validate(), schedule.validate(), sampler.plan({}); }

  template <class Self, class Visit>
  static void each(Self& d, Visit&& visit) {
    visit("family", d.family), visit("schedule", d.schedule), visit("condition", d.condition);
    visit("sampler", d.sampler);
  }
};

}  // namespace diffmem::stable
