// SPDX-License-Identifier: MIT
// Numbers as people read them.
#pragma once
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
/// The names, those like `word` first: by how many letters are inserted, deleted or replaced between them.
std::vector<std::string> nearest_first(std::vector<std::string> names, std::string_view word);

}  // namespace diffmem
