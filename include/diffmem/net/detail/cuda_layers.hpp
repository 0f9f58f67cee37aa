// SPDX-License-Identifier: MIT
// device_layers.hpp on a CUDA device.
#pragma once
#include <diffmem/net/layers.hpp>

namespace diffmem::detail {

/// Whether they take `x`: images in float32 or bf16 on a CUDA device, in a build with CUDA.
bool cuda_takes(const Tensor& x);

/// Sets how LibTorch computes products on CUDA devices: float32 in TF32 or not, and the quickest of cuDNN's algorithms.
void set_cuda_products(bool tf32);

/// conv(silu(norm x)), or conv(x) without a norm, with the bias.                    [B,in,H,W] -> [B,out,H,W] of x's type
Tensor cuda_conv(const Conv2d& conv, const Tensor& x, const GroupNorm* norm = nullptr);
/// Block::operator().
Tensor cuda_block(const Block& block, const Tensors& x, const Tensor& emb, Dropout* dropout);

}  // namespace diffmem::detail
