// SPDX-License-Identifier: MIT
// The layers of the EDM-style U-Nets as small values that hold their leaves: Linear, Conv2d with resampling,
// GroupNorm, attention, and the residual block.  Facts: Karras et al. 2022, Song et al. 2021.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/kernels/dropout.hpp>
#include <diffmem/net/leaves.hpp>

#include <memory>
#include <string>
#include <vector>

namespace diffmem {

/// x W^T + b, or x W^T.                                                                  [B,in] -> [B,out]
struct Linear {
  Tensor weight, bias;  // [out,in], [out]
  Linear() = default;
  Linear(Leaves& leaves, const std::string& name, int in, int out, bool with_bias = true);
  Tensor operator()(const Tensor& x) const;
  /// Multiplications and additions of a row.
  double operations() const { return weight.defined() ? 2.0 * static_cast<double>(weight.numel()) : 0; }
};

enum class Resample { none, up, down };

/// What a convolution does besides its weights.
struct ConvOptions {
  int kernel = 3;  ///< 0: resampling only, no weights; 1; 3
  Resample resample = Resample::none;
  std::vector<int> filter = {1, 1};  ///< resampling taps, normalised; [1,1] or [1,3,3,1]
  bool fused = false;                ///< fold the resampling into the convolution's padding (NCSN++'s residual branch)
  double gain = 1;                   ///< of the initial weights
};

namespace detail {
class PackedWeights;
class OrderedHeads;
std::shared_ptr<PackedWeights> make_packed_weights();
std::shared_ptr<OrderedHeads> make_ordered_heads();
}  // namespace detail

/// Convolution with zero padding kernel/2 that may first resample by 2.               [B,in,H,W] -> [B,out,H',W']
struct Conv2d {
  std::string name;     // of its leaves: "enc.32x32_block0.conv0"
  Tensor weight, bias;  // [out,in,k,k], [out]
  ConvOptions options;
  Tensor filter;  // [1,1,taps,taps], sums to 1; undefined without resampling
  std::shared_ptr<detail::PackedWeights> packed = detail::make_packed_weights();  // what the CPU's kernels keep
  Conv2d() = default;
  Conv2d(Leaves& leaves, const std::string& name, int in, int out, ConvOptions options);
  Tensor operator()(const Tensor& x) const;
  /// Multiplications and additions of an image that it convolves at this height and width.
  double operations(std::int64_t height, std::int64_t width) const {
    return weight.defined() ? 2.0 * static_cast<double>(weight.numel() * height * width) : 0;
  }
};

/// Groups of a normalisation over `channels` channels: min(32, channels / 4).
inline int group_count(int channels) { return channels / 4 < 32 ? channels / 4 : 32; }

/// Group normalisation with min(32, C/4) groups and eps 1e-6; Error if C does not split into them.  [B,C,H,W] -> same
struct GroupNorm {
  Tensor weight, bias;  // [C], [C]
  GroupNorm() = default;
  GroupNorm(Leaves& leaves, const std::string& name, int channels);
  Tensor operator()(const Tensor& x) const;
};

/// softmax over keys of q^T k / sqrt(C).                                      [M,C,Q], [M,C,K] -> weights [M,Q,K]
Tensor attention_weights(const Tensor& q, const Tensor& k);

/// Multiplications and additions of an image's attention: q^T k, and the weights times v.
inline double attention_operations(std::int64_t channels, std::int64_t pixels) {
  return 4.0 * static_cast<double>(channels * pixels * pixels);
}

/// What distinguishes one residual block from another.
struct BlockOptions {
  int in = 0, out = 0, embedding = 0;
  Resample resample = Resample::none;
  std::vector<int> filter = {1, 1};
  int heads = 0;       ///< 0: no attention
  double dropout = 0;  ///< probability that a value is dropped while training
};

/// x sigmoid(x), the activation everywhere.
Tensor silu(const Tensor& x);

/// Residual block:  h = conv0(silu(norm0 x)) + affine(emb);  h = conv1(dropout(silu(norm1 h)));
/// x = (h + skip x) / sqrt 2;  then, with attention, x = (proj(attention(norm2 x)) + x) / sqrt 2.
struct Block {
  std::string name;
  BlockOptions options;
  GroupNorm norm0, norm1, norm2;
  Conv2d conv0, conv1, skip, qkv, proj;
  Linear affine;
  std::shared_ptr<detail::OrderedHeads> ordered = detail::make_ordered_heads();  // qkv as the CPU's kernels take it
  bool has_skip = false;
  Block() = default;
  Block(Leaves& leaves, const std::string& name, BlockOptions options);
  /// x [B,in,H,W], in one piece or in two whose channels follow one another; emb [B,embedding] (silu already applied);
  /// `dropout` null: evaluation mode.  `kernels`: by our own, see net/detail/fused.hpp and device_layers.hpp, not by
  /// LibTorch's operations alone.  `checkpoint`: a backward pass makes all that is between x and the result again, where
  /// else it is kept; gradients are the same, on the CPU bit for bit.
  Tensor operator()(const Tensors& x, const Tensor& emb, Dropout* dropout = nullptr, bool kernels = false,
                    bool checkpoint = false) const;

 private:
  // `around` is x as the skip takes it: a tensor of its own where gradients must arrive apart.
  Tensor plain(const Tensor& x, const Tensor& around, const Tensor& emb, Dropout* dropout) const;
  Tensor fused(const Tensors& x, const Tensors& around, const Tensor& emb, Dropout* dropout) const;
  Tensor checkpointed(const Tensors& x, const Tensor& emb, Dropout* dropout, bool kernels) const;
};

}  // namespace diffmem
