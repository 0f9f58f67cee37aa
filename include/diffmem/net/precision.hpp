// SPDX-License-Identifier: MIT
// How a network's numbers are computed.
#pragma once
#include <array>
#include <string_view>

namespace diffmem {

/// How a network is computed, on the CPU and on CUDA devices.
enum class Precision {
  fp32,   ///< by our kernels, and on a CUDA device by cuDNN's and cuBLAS's products
  bf16,   ///< the same with images, products' factors and softmax's weights in bf16; sums, norms, the weights that are
          ///< trained and their gradients in float32
  plain,  ///< in float32 by LibTorch's operations, one after the other; what other devices and types always get
  tf32,   ///< fp32, but on a CUDA device the products are in TF32; a process has one switch for all of its networks
  fp16,   ///< as bf16, in fp16, whose gradients need loss scaling: Stable Diffusion's networks alone have it
};
inline constexpr std::array<std::string_view, 5> kPrecisionWords{"fp32", "bf16", "plain", "tf32", "fp16"};
constexpr const auto& words_of(Precision) { return kPrecisionWords; }

}  // namespace diffmem
