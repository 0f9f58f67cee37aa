// SPDX-License-Identifier: MIT
// The network's operations by the kernels of kernels/fused_conv.hpp and kernels/attention.hpp, with gradients: what
// layers.cpp does step by step in LibTorch's operations, in one pass each.
#pragma once
#include <diffmem/net/layers.hpp>

namespace diffmem::detail {

/// Whether the kernels take `x`: images in float32, on the CPU; a network may make them bf16.
bool kernels_take(const Tensor& x);

/// What surrounds a convolution; see kernels/fused_conv.hpp.
struct Around {
  const GroupNorm* norm = nullptr;
  bool silu = false;
  Dropout* dropout = nullptr;
  double rate = 0;       ///< of the dropout
  Tensor shift = {};     ///< float32 [B,out] or [1,out]
  Tensor residual = {};  ///< like the result
  double scale = 1;
  bool wide = false;  ///< the result in float32
};

/// x: one tensor, or two whose channels follow one another, channels_last.           [B,in,H,W] -> [B,out,H',W'] of x's type
/// Error for images or weights of other sizes, or sides that cannot be halved; no gradient of its gradient.
Tensor fused_conv(const Conv2d& conv, const Tensors& x, const Around& around = {});

/// Weights and biases of qkv in the order [head][q, k, v][channel]; the reference's is [head][channel][q, k, v].
/// `kept` has them from the last call, if they are the same and no gradient is wanted.
Conv2d heads_in_order(const Conv2d& qkv, int heads, OrderedHeads& kept);
/// qkv [B,3C,H,W] in that order -> [B,C,H,W].  `layer`: its name in a trace.
Tensor fused_attention(const Tensor& qkv, int heads, const std::string& layer = {});

}  // namespace diffmem::detail
