// SPDX-License-Identifier: MIT
// Unicode as Python has it.  Its str is Unicode 14's, its regular expressions' letters are younger than ICU's.
#pragma once
#include <string>
#include <string_view>

namespace diffmem::unicode {

/// Appends the code points of UTF-8; returns the position of the first byte that is none, or npos.
std::size_t append_code_points(std::string_view bytes, std::u32string& to);
/// `text` as code points.  Error of `who` that says where, if it is not UTF-8.
std::u32string code_points(std::string_view text, std::string_view who);
/// Code points as UTF-8.
std::string utf8(std::u32string_view text);

/// Canonical composition, and lower case with final sigmas.  A character younger than Unicode 14 is left alone, as by
/// Python 3.11; between it and its neighbours nothing happens.
std::u32string composed(const std::u32string& text);
std::u32string lower(const std::u32string& text);
/// Compatibility composition of one character: of a full-width letter, the letter.
std::u32string compatible(char32_t c);

/// \p{L} and \p{N} of the regex module (Unicode 17).
bool is_letter(char32_t c);
bool is_number(char32_t c);
/// White_Space.
bool is_space(char32_t c);
/// \w, \d and \s of Python's re (Unicode 14).
bool is_word(char32_t c);
bool is_digit(char32_t c);
bool is_blank(char32_t c);

}  // namespace diffmem::unicode
