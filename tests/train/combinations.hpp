// SPDX-License-Identifier: MIT
// Every policy with every other: what one generated unit (tests/CMakeLists.txt) does for its family, schedule and
// embedding, with each conditioning and sampler.
#pragma once
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/core/params.hpp>
#include <diffmem/train/menu.hpp>

#include <tuple>

namespace combinations {

using namespace diffmem;

template <class F, class S, class E, class C>
using OnEachSampler = std::tuple<Design<S, E, F, AllSkips, C, Heun>, Design<S, E, F, AllSkips, C, Euler>,
                                 Design<S, E, F, AllSkips, C, Ddim>, Design<S, E, F, AllSkips, C, ReverseSde>,
                                 Design<S, E, F, AllSkips, C, Ablation>>;
template <class F, class S, class E>
using Designs =
    decltype(std::tuple_cat(OnEachSampler<F, S, E, Unconditional>{}, OnEachSampler<F, S, E, TrueLabels>{},
                            OnEachSampler<F, S, E, RandomLabels>{}, OnEachSampler<F, S, E, UniqueLabels>{}));

/// The design of policies chosen by the words of D's.
template <class D>
AnyDesign chosen_like(const D& design) {
  AnyDesign any;
  any.schedule.choose(design.schedule.name), any.embedding.choose(design.embedding.name);
  any.family.choose(design.family.name), any.skip.choose(design.skip.name);
  any.condition.choose(design.condition.name), any.sampler.choose(design.sampler.name);
  return any;
}

/// Two steps and two images.
template <class D>
std::vector<std::uint8_t> train_and_sample(D design, Tensors& state) {
  set_param(design.sampler, "steps", "4");
  Trainer<D> trainer(design, tiny::net(), tiny::params(), tiny::images());
  const Tensors before = tiny::state(trainer);
  for (int step = 0; step < 2; ++step) REQUIRE(std::isfinite(trainer.step()));
  state = tiny::state(trainer);
  REQUIRE_FALSE(tiny::equal(before, state));
  return trainer.generate({.images = 2, .batch = 2});
}

/// The same from types and from words.
template <class D>
void check() {
  Tensors typed, worded;
  const auto images = train_and_sample(D{}, typed);
  REQUIRE(images.size() == 2 * 64);
  REQUIRE(train_and_sample(chosen_like(D{}), worded) == images);
  REQUIRE(tiny::equal(typed, worded));
}

}  // namespace combinations
