// SPDX-License-Identifier: MIT
// Every skip policy that a word can name, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/skip/dropped.hpp>
#include <diffmem/skip/mask.hpp>
#include <diffmem/skip/runtime.hpp>

#include <string_view>

namespace diffmem {

class AnySkip : public Menu<Role::skip, AllSkips, RuntimeSkips, Dropped<RuntimeSkips>> {
 public:
  /// Chooses by a word, or by the name of Skips<...>: the mask itself, or "drop-" and the mask.
  void choose(std::string_view word) {
    constexpr std::string_view kDrop = "drop-";
    const bool drops = word.starts_with(kDrop);
    const std::string_view text = word.substr(drops ? kDrop.size() : 0);
    if (text.empty() || text.find_first_not_of("01 ") != text.npos) return Menu::choose(word);
    Menu::choose(drops ? Dropped<RuntimeSkips>::name : RuntimeSkips::name);
    set_param(*this, "mask", text);
  }
  SkipMask mask() const {
    return on([](const auto& s) { return s.mask(); });
  }
};
static_assert(SkipPolicy<AnySkip>);

}  // namespace diffmem
