// SPDX-License-Identifier: MIT
// Between the network's range [-1, 1] and grey levels 0..255.
#pragma once
#include <algorithm>
#include <cstdint>

namespace diffmem {

/// A sampler's output as a grey level: clip(127.5 x + 128, 0, 255), truncated, in float64 as the reference does
/// (x = -1 gives 0, x = 1 gives 255).  NaN gives 0.
constexpr std::uint8_t quantise(double x) {
  const double level = 127.5 * x + 128;
  return level > 0 ? static_cast<std::uint8_t>(std::min(level, 255.0)) : std::uint8_t{0};
}

/// A grey level as network input, level / 127.5 - 1 in float32, in [-1, 1]; quantise() takes it back exactly.
constexpr float dequantise(std::uint8_t level) { return static_cast<float>(level) / 127.5f - 1.0f; }

}  // namespace diffmem
