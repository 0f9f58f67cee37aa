// SPDX-License-Identifier: MIT
// What every policy is: a value with a role, a name (the command-line word and the slug's part) and listed parameters.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace diffmem {

/// The slot of a Design that a policy fills.
enum class Role { schedule, embedding, family, skip, condition, sampler };
inline constexpr std::array<std::string_view, 6> kRoleWords{"schedule", "embedding", "family",
                                                            "skip",     "condition", "sampler"};
/// The role's word: its folder (a family's is net/), its option and its place in a design.
constexpr std::string_view word_of(Role role) { return kRoleWords[static_cast<std::size_t>(role)]; }

template <class P>
concept Named = requires(const P p) {
  { p.name } -> std::convertible_to<std::string_view>;
};
/// A struct that lists its fields: each(self, visit(name, field)).
template <class P>
concept Listed = requires(P& p) { std::remove_cvref_t<P>::each(p, [](std::string_view, auto&) {}); };
template <class P, Role R>
concept FillsRole = requires { requires P::role == R; };

/// A policy of role R: default-constructible, named, its numbers listed once by each(self, visit(name, field)).
template <class P, Role R>
concept Policy = std::default_initializable<P> && std::copyable<P> && FillsRole<P, R> && Named<P> && Listed<P>;

}  // namespace diffmem
