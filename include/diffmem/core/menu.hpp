// SPDX-License-Identifier: MIT
// Menu: a policy chosen at run time, by its word, among policies that are types.  schedule/menu.hpp and its like in the
// other rooms make one of each role, which models the role's concept, so that one compiled design serves every choice.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/policy.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace diffmem {

/// The choice among `P...`, all of role R; the first is the default.
template <Role R, Policy<R>... P>
class Menu {
 public:
  static constexpr Role role = R;
  std::string_view name = std::tuple_element_t<0, std::tuple<P...>>::name;  ///< of the chosen policy

  static std::vector<std::string_view> words() { return {P::name...}; }

  /// Chooses the policy called `word`, with its default parameters.  Error listing the menu if there is none.
  void choose(std::string_view word) {
    const bool found = ((word == P::name ? (chosen_ = P{}, name = P::name, true) : false) || ...);
    if (!found)
      throw Error(fmt::format("--{}", word_of(R)), fmt::format("\"{}\"", word),
                  fmt::format("one of {}", fmt::join(words(), ", ")), "correct the word");
  }

  void validate() const {
    on([](const auto& chosen) {
      if constexpr (requires { chosen.validate(); }) chosen.validate();
    });
  }

  template <class Self, class Visit>
  static void each(Self& menu, Visit&& visit) {
    std::visit([&]<class Q>(Q& chosen) { std::remove_const_t<Q>::each(chosen, visit); }, menu.chosen_);
  }

 protected:
  /// act(the chosen policy).
  template <class Act>
  decltype(auto) on(Act&& act) const {
    return std::visit(std::forward<Act>(act), chosen_);
  }

 private:
  std::variant<P...> chosen_;
};

/// A policy that is chosen by a word.
template <class P>
concept ChosenByWord = requires(P& p, std::string_view word) {
  p.choose(word);
  p.words();
};

}  // namespace diffmem
