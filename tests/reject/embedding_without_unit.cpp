// SPDX-License-Identifier: MIT
// expect: HasUnit
#include <diffmem/embedding/concept.hpp>

using namespace diffmem;
struct Unitless {
  static constexpr Role role = Role::embedding;
  static constexpr std::string_view name = "unitless";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  Tensor frequencies(int channels, std::uint64_t) const { return arange(channels / 2); }
};
static_assert(TimeEmbedding<Unitless>);
