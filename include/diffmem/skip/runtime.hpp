// SPDX-License-Identifier: MIT
// A mask that is known only when the program runs.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/skip/mask.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// The mask of a text: digits 0 and 1, finest level first, spaces for the eye; or "all".  Error for anything else.
inline SkipMask parse_mask(std::string_view text) {
  if (text == "all") return SkipMask::all();
  std::vector<bool> on;
  bool digits = true;
  for (const char letter : text) {
    if (letter == ' ') continue;
    digits &= letter == '0' || letter == '1';
    on.push_back(letter == '1');
  }
  if (!digits || on.empty())
    throw Error("skip mask", "\"" + std::string(text) + "\"", "digits 0 and 1, finest level first, or the word all",
                "write one digit per encoder output, such as \"111 000 000\"");
  return SkipMask(std::move(on));
}

/// Skips<...> with the mask as a parameter.
struct RuntimeSkips {
  static constexpr Role role = Role::skip;
  static constexpr std::string_view name = "runtime";

  std::string text = "all";  ///< one digit per encoder output, or "all"; listed as "mask"

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("mask", s.text);
  }

  SkipMask mask() const { return parse_mask(text); }
};
static_assert(SkipPolicy<RuntimeSkips>);

}  // namespace diffmem
