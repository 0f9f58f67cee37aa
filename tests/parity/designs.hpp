// SPDX-License-Identifier: MIT
// Golden configurations as designs: words of a file's header meet types.
#pragma once
#include "parity.hpp"

#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/fourier.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/skip/runtime.hpp>
#include <diffmem/train/model.hpp>

#include <array>

namespace diffmem::parity {

/// A family that takes a golden configuration as it stands.
struct AsGiven {
  static constexpr Role role = Role::family;
  static constexpr std::string_view name = "given";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  void configure(UNetConfig&) const {}
};

template <NoiseSchedule S, TimeEmbedding E>
using GoldenDesign = Design<S, E, AsGiven, RuntimeSkips, Unconditional, Heun>;

inline constexpr std::array kSchedules{"vp", "ve", "edm"};

/// use(S{}) for the schedule called `word`, with the reference's arithmetic; NotBuilt if there is none.
template <class Use>
void with_schedule(const std::string& word, Use&& use) {
  if (word == VpSchedule::name) return use(VpSchedule{.arithmetic = Arithmetic::reference});
  if (word == VeSchedule::name) return use(VeSchedule{});
  if (word == EdmSchedule::name) return use(EdmSchedule{});
  throw NotBuilt("schedule " + word);
}
/// use(E{}) for the embedding of a golden file's "config"; NotBuilt if there is none.
template <class Use>
void with_embedding(const nlohmann::json& config, Use&& use) {
  const std::string word = config.value("embedding_type", "positional");
  if (word == Positional::name) return use(Positional{});
  if (word == Fourier::name) return use(Fourier{});
  throw NotBuilt("embedding " + word);
}

}  // namespace diffmem::parity
