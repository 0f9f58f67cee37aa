// SPDX-License-Identifier: MIT
// Numbers as people read them, and names as they write them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// "0.8 s", "48 s", "3 min 12 s", "2 h 05 min"; a dash for what is negative or not a number.
std::string duration_text(double seconds);
/// 1067 as "1,067".
std::string count_text(std::int64_t number);
/// Now, as "2026-03-01 14:05 UTC".
std::string now_text();
/// Length in bytes of the UTF-8 code point at the front of `text`, which is not empty; 0 if it is not one.
std::size_t code_point(std::string_view text);
/// Whether `text` is code points of UTF-8, one after the other.
bool is_utf8(std::string_view text);
/// The names, those like `word` first: by how many letters are inserted, deleted or replaced between them.
std::vector<std::string> nearest_first(std::vector<std::string> names, std::string_view word);

}  // namespace diffmem
