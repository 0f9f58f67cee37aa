// SPDX-License-Identifier: MIT
// Skips that are left out of the decoder, instead of fed as zeros: another experiment than the paper's.
#pragma once
#include <diffmem/skip/mask.hpp>

namespace diffmem {

/// The mask of another policy, with the channels of what is off dropped: the decoder's blocks get narrower inputs and the
/// network fewer parameters.
///
///     Dropped<Skips<"111 000 000">>     // "drop-111000000"
template <SkipPolicy Mask>
struct Dropped {
 private:
  static constexpr std::string_view kPrefix = "drop-";
  static constexpr auto kText = [] {
    std::array<char, kPrefix.size() + Mask::name.size()> text{};
    std::size_t at = 0;
    for (const std::string_view part : {kPrefix, std::string_view(Mask::name)})
      for (const char letter : part) text[at++] = letter;
    return text;
  }();

 public:
  static constexpr Role role = Role::skip;
  static constexpr std::string_view name{kText.data(), kText.size()};

  Mask kept{};

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    Mask::each(s.kept, visit);
  }

  SkipMask mask() const { return kept.mask().dropping(); }
};
static_assert(SkipPolicy<Dropped<Skips<"111 000 111">>>);

}  // namespace diffmem
