// SPDX-License-Identifier: MIT
// The layers of Stable Diffusion's three networks by LibTorch's operations, as small values that hold their leaves.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/net/leaves.hpp>
#include <diffmem/net/precision.hpp>

#include <array>
#include <string>
#include <string_view>

/// Stable Diffusion (Rombach et al. 2022): its networks, their files, and how its latents become images.
///
/// Every layer takes values of float32, bf16 or fp16 and gives the same type: products in that type, with weights cast
/// to it; norms, and the sums of softmax, in the weights' own type.
namespace diffmem::stable {

/// The type of a network's products: bf16 and fp16 by their names, else that of its leaves.
at::ScalarType products_type(Precision precision, at::ScalarType leaves);

/// x W^T + b, or x W^T.                                                              [...,in] -> [...,out]
struct Linear {
  Tensor weight, bias;  // [out,in], [out]
  Linear() = default;
  Linear(Leaves& leaves, const std::string& name, int in, int out, bool with_bias = true);
  Tensor operator()(const Tensor& x) const;
};

/// Convolution with zero padding.                                                       [B,in,H,W] -> [B,out,H',W']
struct Conv {
  std::string name;     // of its leaves: "down_blocks.0.resnets.0.conv1"
  Tensor weight, bias;  // [out,in,k,k], [out]
  int stride = 1, padding = 0;
  Conv() = default;
  Conv(Leaves& leaves, const std::string& name, int in, int out, int kernel, int stride, int padding);
  Tensor operator()(const Tensor& x) const;
};

/// Group normalisation.  Error if C does not split into `groups`.                                [B,C,...] -> same
struct GroupNorm {
  Tensor weight, bias;  // [C], [C]
  int groups = 1;
  double eps = 0;
  GroupNorm() = default;
  GroupNorm(Leaves& leaves, const std::string& name, int channels, int groups, double eps);
  Tensor operator()(const Tensor& x) const;
};

/// Normalisation over the last dimension.                                                            [...,C] -> same
struct LayerNorm {
  Tensor weight, bias;  // [C], [C]
  double eps = 0;
  LayerNorm() = default;
  LayerNorm(Leaves& leaves, const std::string& name, int channels, double eps = 1e-5);
  Tensor operator()(const Tensor& x) const;
};

/// The activations that a config.json may name: "silu" or "swish", "gelu" (exact), "quick_gelu" (x sigmoid(1.702 x)),
/// "mish", "relu".
inline constexpr std::array<std::string_view, 6> kActivations{"silu", "swish", "gelu", "quick_gelu", "mish", "relu"};
Tensor activation(std::string_view word, const Tensor& x);

/// softmax(q k^T / sqrt(d)) v for each of `heads` parts of the last dimension; `causal`: row i sees keys 0 ... i alone.
///                                                                        [B,Q,C], [B,K,C], [B,K,C] -> [B,Q,C]
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads, bool causal = false);

/// Doubles both sides by repeating pixels.                                                 [B,C,H,W] -> [B,C,2H,2W]
Tensor upsample_nearest(const Tensor& x);

}  // namespace diffmem::stable
