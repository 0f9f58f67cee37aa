// SPDX-License-Identifier: MIT
// The masks of Figures 4 and 8, for networks of nine skips, made while compiling.
#pragma once
#include <diffmem/embedding/fourier.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/skip/generate.hpp>

#include "common/basic.hpp"

#include <array>
#include <string>
#include <utility>

namespace diffmem {

using Ncsn = Design<VeSchedule, Fourier, NcsnPp, AllSkips, Unconditional, Heun>;

inline constexpr EncoderShape kNineSkips{.resolution = 32, .levels = 3, .blocks = 2};

namespace masks {

consteval MaskText one_at(int k) { return keep_only(kNineSkips, k); }
template <int... K>
Policies<Skips<keep_only(kNineSkips, K)>...> one(std::integer_sequence<int, K...>);
/// The seven choices of one level: one skip of three (0-2), two (3-5), all (6).
consteval MaskText keep(int level, int choice) {
  const int m = choice < 3 ? 1 : choice < 6 ? 2 : 3;
  return keep_at(kNineSkips, kNineSkips.resolution >> level, m, choice % 3 * (m < 3));
}
consteval MaskText drop(int level, int choice) {
  const int m = choice < 3 ? 1 : choice < 6 ? 2 : 3;
  return delete_at(kNineSkips, kNineSkips.resolution >> level, m, choice % 3 * (m < 3));
}
template <int... I>
Policies<Skips<keep(I / 7, I % 7)>...> kept(std::integer_sequence<int, I...>);
template <int... I>
Policies<Skips<drop(I / 7, I % 7)>...> dropped(std::integer_sequence<int, I...>);

/// The `which`-th mask of m skips in the order in which seeds 0, 1, 2 ... draw new ones.
consteval MaskText draw(int m, int which) {
  std::array<MaskText, 8> drawn{one_at(0), one_at(0), one_at(0), one_at(0), one_at(0), one_at(0), one_at(0), one_at(0)};
  std::size_t found = 0;
  for (std::uint64_t seed = 0;; ++seed) {
    const MaskText mask = keep_random(kNineSkips, m, seed);
    bool known = false;
    for (std::size_t i = 0; i < found; ++i) known = known || drawn[i].digits == mask.digits;
    if (known) continue;
    if (found == static_cast<std::size_t>(which)) return mask;
    drawn[found++] = mask;
  }
}
inline constexpr std::array kCounts{1, 3, 5, 7, 8};
template <int... I>
Policies<Skips<draw(kCounts[I / 5], I % 5)>...> some(std::integer_sequence<int, I...>);

template <class... P>
std::string text_of(Policies<P...>) {
  std::string text;
  ((text += (text.empty() ? "skip=" : "|") + std::string(P::name)), ...);
  return text;
}
template <int Place, int... I>
std::string text_of_count(std::integer_sequence<int, I...>) {
  return text_of(Policies<Skips<draw(kCounts[Place], I)>...>());
}
/// Of the first six choices of each level.
template <int... I>
std::string text_of_dropped(std::integer_sequence<int, I...>) {
  return text_of(Policies<Skips<drop(I / 6, I % 6)>...>());
}

}  // namespace masks

/// Exactly one of the nine.
inline auto keep_one() { return decltype(masks::one(std::make_integer_sequence<int, 9>()))(); }
/// One, two or three of one level, all others off: 21 masks.
inline auto keep_of_one_level() { return decltype(masks::kept(std::make_integer_sequence<int, 21>()))(); }
/// One, two or three of one level deleted, all others on: 21 masks.
inline auto delete_some() { return decltype(masks::dropped(std::make_integer_sequence<int, 21>()))(); }

/// Those of one or two, for a claim.
inline std::string deleted_one_or_two() { return masks::text_of_dropped(std::make_integer_sequence<int, 18>()); }

/// 1, 3, 5, 7 and 8 skips, five different choices each, drawn at random: 25 masks.
inline auto keep_some() { return decltype(masks::some(std::make_integer_sequence<int, 25>()))(); }
/// Those of one skip, and of eight, for a claim.
inline std::string kept_one_at_random() { return masks::text_of_count<0>(std::make_integer_sequence<int, 5>()); }
inline std::string kept_eight_at_random() { return masks::text_of_count<4>(std::make_integer_sequence<int, 5>()); }

}  // namespace diffmem
