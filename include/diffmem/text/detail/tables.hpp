// SPDX-License-Identifier: MIT
// What text/ knows as data; tools/text_tables.py writes it.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace diffmem::text_tables {

/// An encoding of one byte a character; bytes below 128 are ASCII.  In a "sloppy" one a byte that means nothing is the
/// character of its number, and byte 0x1a stands for U+FFFD.
struct Encoding {
  std::string_view name;
  std::array<char16_t, 128> upper;
  constexpr bool sloppy() const { return name.starts_with("sloppy"); }
};
/// Those that texts are often read in by mistake, in the order in which they are tried.
extern const std::span<const Encoding> kEncodings;

/// Characters `first` to `last` have `value`.  Runs are in order and do not overlap.
struct Run {
  char32_t first, last;
  std::uint32_t value;
};

/// What a character is where UTF-8 was read as something else.
enum Kind : std::uint32_t {
  kCommon = 1,
  kC1 = 1 << 1,
  kBad = 1 << 2,
  kLaw = 1 << 3,
  kCurrency = 1 << 4,
  kOpening = 1 << 5,
  kClosing = 1 << 6,
  kNumeric = 1 << 7,
  kKaomoji = 1 << 8,
  kUpperAccented = 1 << 9,
  kLowerAccented = 1 << 10,
  kUpperCommon = 1 << 11,
  kLowerCommon = 1 << 12,
  kBox = 1 << 13,
};
/// Sums of Kind.
extern const std::span<const Run> kKinds;

/// 1: letters, 2: numbers, among the characters that Unicode 14 does not have.
extern const std::span<const Run> kYoung;

/// `name` of "&name;" and its text in UTF-8.  In order of names.
struct Entity {
  std::string_view name, text;
};
extern const std::span<const Entity> kEntities;

}  // namespace diffmem::text_tables
