// SPDX-License-Identifier: MIT
// Group normalisation, SiLU and dropout of images whose channels stand side by side (channels_last), in one pass over
// an image where it stays in the cache; forward and gradient, in float32 or bf16 with sums in float32.
#pragma once
#include <diffmem/kernels/bf16.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diffmem::kernels {

/// y = dropout(silu(norm x)) on images [pixels,channels]; groups 0: no normalisation, weight and bias are not looked at.
struct NormLaw {
  int channels = 0, groups = 0;
  double eps = 1e-6;
  bool silu = false;
  const float *weight = nullptr, *bias = nullptr;  ///< [channels]
  float keep_scale = 1;                            ///< of the values that the dropout keeps
};

/// Channels of an image in one or two places, as those of a concatenation: pixel p's are part[0][p*channels[0] ...],
/// then part[1][p*channels[1] ...].
template <class T>
struct Pieces {
  T* part[2] = {};
  int channels[2] = {};
};

/// Mean and 1/sqrt(variance + eps) of each group of an image, [groups][2].
template <class T>
void group_moments(const NormLaw& law, const Pieces<const T>& x, std::ptrdiff_t pixels, float* moments);

/// The values of an image of `lines` lines of `width` pixels, to `out`: pixels `stride`, lines `line` values apart.
/// `kept`: the dropout's bits for the image, see dropout_bits_cpu(), with three bytes more; null: no dropout.
template <class T>
void norm_forward(const NormLaw& law, const float* moments, const Pieces<const T>& x, const std::uint8_t* kept,
                  std::ptrdiff_t lines, std::ptrdiff_t width, T* out, std::ptrdiff_t line, std::ptrdiff_t stride);

/// The gradient: `grad` [pixels,channels] is that of y and is used up.  grad_x's parts may be null; grad_weight and
/// grad_bias [channels] are overwritten (not touched if groups is 0).
template <class T>
void norm_backward(const NormLaw& law, const float* moments, const Pieces<const T>& x, const std::uint8_t* kept,
                   std::ptrdiff_t pixels, T* grad, const Pieces<T>& grad_x, float* grad_weight, float* grad_bias);

}  // namespace diffmem::kernels
