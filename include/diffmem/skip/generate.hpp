// SPDX-License-Identifier: MIT
// Masks made while compiling, for networks of any depth: what the paper's Figs. 4 and 8 vary.
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/skip/mask.hpp>

#include <cstdint>

namespace diffmem {

/// The encoder that a mask is made for.  Defaults: the paper's CIFAR-10 net.
struct EncoderShape {
  int resolution = 32;  ///< side of the images   [pixels]
  int levels = 3;
  int blocks = 2;  ///< residual blocks per level

  /// Encoder outputs: blocks + 1 a level.
  constexpr int skips() const { return levels * (blocks + 1); }
};

/// Number of ways to choose m of n things.
constexpr std::int64_t choices(int n, int m) {
  std::int64_t ways = m < 0 || m > n ? 0 : 1;
  for (int i = 0; i < m && ways > 0; ++i) ways = ways * (n - i) / (i + 1);
  return ways;
}

namespace detail {

/// Sets m of the switches at `resolution` to `digit`: the `which`-th of the choices(blocks + 1, m) ways, in order.
consteval MaskText set_at(MaskText mask, EncoderShape net, int resolution, int m, std::int64_t which, char digit) {
  int level = 0;
  while (level < net.levels && net.resolution >> level != resolution) ++level;
  if (level == net.levels) throw "the network has no level of this resolution";
  const int n = net.blocks + 1;
  if (m < 0 || m > n) throw "a level has blocks + 1 skips: no more can be kept or deleted";
  if (which < 0 || which >= choices(n, m)) throw "there are fewer ways to choose these skips";
  for (int i = 0; i < n && m > 0; ++i) {
    const std::int64_t with_this = choices(n - i - 1, m - 1);
    if (which < with_this) {
      mask.digits[static_cast<std::size_t>(level * n + i)] = digit;
      --m;
    } else {
      which -= with_this;
    }
  }
  return mask;
}

}  // namespace detail

/// Keeps m skips, all of one resolution; `which` of the choices(blocks + 1, m) ways, the first made ones first.
///
///     Skips<keep_at({.resolution = 32, .levels = 3, .blocks = 2}, 16, 2)>     // Skips<"000 110 000">
consteval MaskText keep_at(EncoderShape net, int resolution, int m, std::int64_t which = 0) {
  return detail::set_at(MaskText(static_cast<std::size_t>(net.skips()), false), net, resolution, m, which, '1');
}
/// Deletes m skips of one resolution and keeps all others.
consteval MaskText delete_at(EncoderShape net, int resolution, int m, std::int64_t which = 0) {
  return detail::set_at(MaskText(static_cast<std::size_t>(net.skips()), true), net, resolution, m, which, '0');
}
/// Keeps one skip, the k-th that the encoder makes (from 0).
consteval MaskText keep_only(EncoderShape net, int k) {
  MaskText mask(static_cast<std::size_t>(net.skips()), false);
  if (k < 0 || k >= net.skips()) throw "the network has no skip of this index";
  mask.digits[static_cast<std::size_t>(k)] = '1';
  return mask;
}
/// Keeps m skips, every choice of them equally likely.
consteval MaskText keep_random(EncoderShape net, int m, std::uint64_t seed) {
  MaskText mask(static_cast<std::size_t>(net.skips()), false);
  if (m < 0 || m > net.skips()) throw "the network has fewer skips";
  RandomStream random(seed, Stream::skips);
  // Of the skips still to come, each is kept with probability (still wanted) / (still to come).
  for (int i = 0; i < net.skips(); ++i)
    if (random.below(static_cast<std::uint64_t>(net.skips() - i)) < static_cast<std::uint64_t>(m)) {
      mask.digits[static_cast<std::size_t>(i)] = '1';
      --m;
    }
  return mask;
}

}  // namespace diffmem
