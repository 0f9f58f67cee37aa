// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/condition/concept.hpp>

namespace diffmem {

/// No labels: the model is unconditional.
struct Unconditional {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "none";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  std::vector<std::int64_t> training_labels(const ImageSet&, std::uint64_t) const { return {}; }
};
static_assert(Conditioning<Unconditional>);

}  // namespace diffmem
