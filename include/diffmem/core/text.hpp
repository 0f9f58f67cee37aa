// SPDX-License-Identifier: MIT
// Numbers as people read them.
#pragma once
#include <cstdint>
#include <string>

namespace diffmem {

/// "0.8 s", "48 s", "3 min 12 s", "2 h 05 min"; a dash for what is negative or not a number.
std::string duration_text(double seconds);
/// 1067 as "1,067".
std::string count_text(std::int64_t number);
/// Now, as "2026-03-01 14:05 UTC".
std::string now_text();

}  // namespace diffmem
