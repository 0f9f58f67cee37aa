// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/text/detail/tables.hpp>
#include <diffmem/text/detail/unicode.hpp>

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <stdexcept>

namespace diffmem::unicode {
namespace {

/// No character of Unicode 14.
bool young(char32_t c) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] > 14;
}

std::u16string utf16(std::u32string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (c < 0x10000) {
      out += static_cast<char16_t>(c);
    } else {
      out += static_cast<char16_t>(0xd7c0 + (c >> 10));
      out += static_cast<char16_t>(0xdc00 + (c & 0x3ff));
    }
  }
  return out;
}

void append(std::u32string& out, std::u16string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (c >= 0xd800 && c < 0xdc00) c = (c << 10) + text[++i] - ((0xd800u << 10) + 0xdc00u - 0x10000u);
    out += c;
  }
}

/// `call(from, size, to, room, status)` is an ICU function that returns the size it wants.
template <class Call>
std::u16string grown(const std::u16string& from, const Call& call) {
  std::u16string to(from.size() + 16, u'\0');
  for (;;) {
    UErrorCode status = U_ZERO_ERROR;
    const auto size = call(from.data(), static_cast<std::int32_t>(from.size()), to.data(),
                           static_cast<std::int32_t>(to.size()), &status);
    const bool fits = static_cast<std::size_t>(size) <= to.size();
    if (fits && U_FAILURE(status)) throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
    to.resize(static_cast<std::size_t>(size));
    if (fits) return to;
  }
}

/// `change(part)` of each part of `text` between its young characters.
template <class Change>
std::u32string by_parts(const std::u32string& text, const Change& change) {
  std::u32string out;
  const std::u32string_view whole = text;
  for (std::size_t at = 0; at <= whole.size();) {
    std::size_t end = at;
    while (end < whole.size() && (whole[end] < 0x300 || !young(whole[end]))) ++end;
    append(out, change(utf16(whole.substr(at, end - at))));
    if (end < whole.size()) out += whole[end];
    at = end + 1;
  }
  return out;
}

std::u16string normalized(const std::u16string& text, const UNormalizer2* (*instance)(UErrorCode*)) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* normalizer = instance(&status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
  return grown(text, [&](auto... a) { return unorm2_normalize(normalizer, a...); });
}

/// What the table of young characters says of `c`.
std::uint32_t young_kind(char32_t c) {
  const auto& runs = text_tables::kYoung;
  const auto after = std::upper_bound(runs.begin(), runs.end(), c,
                                      [](char32_t value, const text_tables::Run& run) { return value < run.first; });
  return after != runs.begin() && c <= (after - 1)->last ? (after - 1)->value : 0;
}

bool has_kind(char32_t c, std::uint32_t mask, std::uint32_t kind) {
  return U_GET_GC_MASK(static_cast<UChar32>(c)) & mask || young_kind(c) == kind;
}

}  // namespace

std::size_t append_code_points(std::string_view bytes, std::u32string& to) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned char lead = byte(i);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || length > bytes.size() - i) return i;
    char32_t c = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return i;
      c = c << 6 | (byte(i + k) & 0x3fu);
    }
    // Too long a spelling, half a UTF-16 pair, beyond the last plane.
    if ((length == 3 && c < 0x800) || (length == 4 && (c < 0x10000 || c > 0x10ffff)) || (c >= 0xd800 && c < 0xe000))
      return i;
    to += c;
    i += length;
  }
  return std::string_view::npos;
}

std::u32string code_points(std::string_view text, std::string_view who) {
  std::u32string out;
  out.reserve(text.size());
  if (const std::size_t bad = append_code_points(text, out); bad != std::string_view::npos)
    throw Error(who,
                fmt::format("a text whose byte {:#04x} at {} is no UTF-8", static_cast<unsigned char>(text[bad]), bad),
                "UTF-8", "convert the text");
  return out;
}

std::string utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto tail = [&](char32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3f)); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xc0 | c >> 6);
      tail(c);
    } else if (c < 0x10000) {
      out += static_cast<char>(0xe0 | c >> 12);
      tail(c >> 6);
      tail(c);
    } else {
      out += static_cast<char>(0xf0 | c >> 18);
      tail(c >> 12);
      tail(c >> 6);
      tail(c);
    }
  }
  return out;
}

std::u32string composed(const std::u32string& text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x300; })) return text;  // nothing combines
  return by_parts(text, [](const std::u16string& part) { return normalized(part, unorm2_getNFCInstance); });
}

std::u32string lower(const std::u32string& text) {
  return by_parts(text, [](const std::u16string& part) {
    return grown(part, [](const UChar* from, std::int32_t size, UChar* to, std::int32_t room, UErrorCode* status) {
      return u_strToLower(to, room, from, size, "", status);
    });
  });
}

std::u32string compatible(char32_t c) {
  std::u32string out;
  append(out, normalized(utf16(std::u32string_view(&c, 1)), unorm2_getNFKCInstance));
  return out;
}

bool is_letter(char32_t c) { return has_kind(c, U_GC_L_MASK, 1); }
bool is_number(char32_t c) { return has_kind(c, U_GC_N_MASK, 2); }
bool is_space(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

bool is_word(char32_t c) {
  return c == U'_' || ((U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_L_MASK | U_GC_N_MASK)) && !young(c));
}
bool is_digit(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_DECIMAL_DIGIT_NUMBER && !young(c); }
bool is_blank(char32_t c) { return is_space(c) || (c >= 0x1c && c <= 0x1f); }

}  // namespace diffmem::unicode
