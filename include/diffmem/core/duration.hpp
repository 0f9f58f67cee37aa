// SPDX-License-Identifier: MIT
#pragma once
#include <string>

namespace diffmem {

/// "0.8 s", "48 s", "3 min 12 s", "2 h 05 min"; a dash for what is negative or not a number.
std::string duration_text(double seconds);

}  // namespace diffmem
