// SPDX-License-Identifier: MIT
// Self-attention within an image: a[p] = sum over keys k of softmax_k(q[p] . k[k] / sqrt(C)) v[k], and its gradient; one
// image at a time in the cache, softmax and sums in float32.
#pragma once
#include <diffmem/kernels/bf16.hpp>

#include <cstdint>

namespace diffmem::kernels {

/// Sizes: `heads` of `channels` each; qkv is [N,pixels,heads,3,channels], a is [N,pixels,heads,channels].
struct AttentionLaw {
  std::int64_t images = 0;
  int pixels = 0, heads = 1, channels = 0;  ///< channels: a multiple of kPair
};

template <class T>
void attention_forward(const AttentionLaw& law, const T* qkv, T* a, int threads);
/// grad_qkv is overwritten.
template <class T>
void attention_backward(const AttentionLaw& law, const T* qkv, const T* grad_a, T* grad_qkv, int threads);

}  // namespace diffmem::kernels
