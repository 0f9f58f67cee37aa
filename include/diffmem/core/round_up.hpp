// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>

namespace diffmem {

/// a / b, upwards to a whole number.
constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }
/// a, upwards to a multiple of b.
constexpr std::size_t round_up(std::size_t a, std::size_t b) { return divide_up(a, b) * b; }

}  // namespace diffmem
