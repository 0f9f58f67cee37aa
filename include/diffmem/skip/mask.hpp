// SPDX-License-Identifier: MIT
// Which encoder outputs the decoder sees.  A skip that is switched off hands over zeros of the same shape: widths,
// parameter counts and initialisation stay, as in the reference.  (dropped.hpp has the other way.)
#pragma once
#include <diffmem/core/policy.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// A mask as a value: one switch per encoder output in the order they are made, finest level first; or "all".
class SkipMask {
 public:
  static SkipMask all() { return SkipMask(); }
  explicit SkipMask(std::vector<bool> on) : on_(std::move(on)) {}

  /// Whether skip `i` is on.
  bool operator[](std::size_t i) const { return on_.empty() || on_.at(i); }
  /// Number of switches; 0 for "all", which fits any network.
  std::size_t size() const { return on_.size(); }

  /// The same switches for a decoder that is built without the channels of the skips that are off.
  SkipMask dropping() const {
    SkipMask mask = *this;
    mask.drops_ = true;
    return mask;
  }
  bool drops() const { return drops_; }

 private:
  SkipMask() = default;
  std::vector<bool> on_;
  bool drops_ = false;
};

template <class S>
concept GivesMask = requires(const S s) {
  { s.mask() } -> std::same_as<SkipMask>;
};
/// A skip policy: a name and a mask.
template <class S>
concept SkipPolicy = Policy<S, Role::skip> && GivesMask<S>;

/// Every skip connection is on, whatever the depth.
struct AllSkips {
  static constexpr Role role = Role::skip;
  static constexpr std::string_view name = "all";
  SkipMask mask() const { return SkipMask::all(); }
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
};
static_assert(SkipPolicy<AllSkips>);

/// A mask's text, parsed while compiling: 0 and 1, finest level first, spaces for the eye.
/// Skips<"111 000 111"> and Skips<"111000111"> are one type.
struct MaskText {
  static constexpr std::size_t kMost = 256;
  std::array<char, kMost + 1> digits{};  // zero-terminated
  std::size_t count = 0;

  /// `switches` switches, all of them on or all off.
  consteval MaskText(std::size_t switches, bool on) : count(switches) {
    if (count == 0) throw "a skip mask needs at least one switch";
    if (count > kMost) throw "a skip mask has at most 256 switches";
    for (std::size_t i = 0; i < count; ++i) digits[i] = on ? '1' : '0';
  }
  template <std::size_t N>
  consteval MaskText(const char (&text)[N]) {
    for (std::size_t i = 0; i + 1 < N; ++i) {
      if (text[i] == ' ') continue;
      if (text[i] != '0' && text[i] != '1') throw "a skip mask is written in 0 and 1, finest level first";
      if (count == kMost) throw "a skip mask has at most 256 switches";
      digits[count++] = text[i];
    }
    if (count == 0) throw "a skip mask needs at least one switch";
  }
};

/// A mask fixed at compile time.
template <MaskText Text>
struct Skips {
  static constexpr Role role = Role::skip;
  static constexpr std::string_view name{Text.digits.data(), Text.count};
  SkipMask mask() const {
    std::vector<bool> on;
    for (const char digit : name) on.push_back(digit == '1');
    return SkipMask(std::move(on));
  }
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
};
static_assert(SkipPolicy<Skips<"111 000 111">>);

}  // namespace diffmem
