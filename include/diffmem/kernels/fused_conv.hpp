// SPDX-License-Identifier: MIT
// A convolution with all that surrounds it in a residual block, image by image in the cache:
//     out = (conv(resample(dropout(silu(norm x)))) + bias + shift + residual) * scale,
// and its gradient.  Images are channels_last, [N,H,W,C]; float32, or bf16 with sums in float32.
#pragma once
#include <diffmem/kernels/group_norm.hpp>

#include <span>
#include <vector>

namespace diffmem::kernels {

/// A layer's dropout: which masks, see kernels/dropout.hpp.  threshold 0: none.
struct DropoutLaw {
  std::uint64_t seed = 0, index = 0;
  std::uint32_t first_place = 0, threshold = 0;
};

/// What the sides do before the convolution.
enum class Sides { keep, half, twice };

/// Everything of such an operation that is not a tensor.  One of 3x3 has zero padding.
struct FusedConv {
  std::int64_t images = 0;
  int height = 0, width = 0;  ///< of x
  int out = 0;                ///< channels; those of x are norm.channels
  int kernel = 3;             ///< or 1
  Sides sides = Sides::keep;
  std::vector<float> filter = {};  ///< [taps,taps] that resamples, taps even; sums to 1
  NormLaw norm = {};
  DropoutLaw dropout = {};
  float scale = 1;

  int conv_height() const { return sides == Sides::keep ? height : sides == Sides::half ? height / 2 : 2 * height; }
  int conv_width() const { return sides == Sides::keep ? width : sides == Sides::half ? width / 2 : 2 * width; }
  /// Bytes of an image's dropout bits, and the three more that are read.
  std::int64_t kept_bytes() const {
    return dropout.threshold > 0 ? (std::int64_t{height} * width * norm.channels + 7) / 8 + 3 : 0;
  }
};

/// Weights [out,in,kernel,kernel] packed for a pass: forward as they are, or for the gradient of x, turned around.
template <class T>
std::vector<T> packed_weights(const float* weights, int out, int in, int kernel, int threads);
template <class T>
std::vector<T> turned_weights(const float* weights, int out, int in, int kernel, int threads);

template <class T>
struct FusedConvForward {
  Pieces<const T> x;             ///< [N,H,W,in]
  const T* weights = nullptr;    ///< packed_weights()
  const float* bias = nullptr;   ///< [out] or null
  const float* shift = nullptr;  ///< [N,out] or null
  const T* residual = nullptr;   ///< like out, or null
  float* moments = nullptr;      ///< [N,groups,2], written
  std::uint8_t* kept = nullptr;  ///< [N,kept_bytes()], written
  T* out = nullptr;              ///< [N,H',W',out]
  float* wide_out = nullptr;     ///< the same in float32, instead
};
template <class T>
void fused_conv_forward(const FusedConv& law, const FusedConvForward<T>& at, int threads);

template <class T>
struct FusedConvBackward {
  Pieces<const T> x;
  const float* moments = nullptr;
  const std::uint8_t* kept = nullptr;
  const T* weights = nullptr;     ///< turned_weights(); null if no gradient of x or of the norm is wanted
  const T* grad = nullptr;        ///< of out
  Pieces<T> grad_x;               ///< parts may be null
  T* grad_residual = nullptr;     ///< or null
  float* grad_weights = nullptr;  ///< [out,in,kernel,kernel], or null
  float* grad_bias = nullptr;     ///< [out]
  float* grad_shift = nullptr;    ///< [N,out], or null
  float *grad_norm_weight = nullptr, *grad_norm_bias = nullptr;  ///< [in], if there is a norm
};
/// The weights' gradient is added up by each thread: another number of threads rounds otherwise.
template <class T>
void fused_conv_backward(const FusedConv& law, const FusedConvBackward<T>& at, int threads);

}  // namespace diffmem::kernels
