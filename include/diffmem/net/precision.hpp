// SPDX-License-Identifier: MIT
// How a network's numbers are computed.
#pragma once
#include <array>
#include <string_view>

namespace diffmem {

/// How a network is computed on the CPU.
enum class Precision {
  fp32,   ///< by our kernels
  bf16,   ///< the same with images and products in bf16; sums, weights, their gradients, norms and softmax in float32
  plain,  ///< in float32 by LibTorch's operations, one after the other; what other devices and types always get
};
inline constexpr std::array<std::string_view, 3> kPrecisionWords{"fp32", "bf16", "plain"};
constexpr const auto& words_of(Precision) { return kPrecisionWords; }

}  // namespace diffmem
