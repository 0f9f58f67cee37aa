// SPDX-License-Identifier: MIT
// What the CPU's kernels do value by value, compiled for every instruction set (pointwise.inc); the machine's is called.
// Images here are rows of pixels whose channels stand side by side.
#pragma once
#include <diffmem/kernels/bf16.hpp>

#include <cstddef>
#include <cstdint>

namespace diffmem::kernels {

/// Which values of an image a layer's dropout keeps: bit i%8 of byte i/8 for value i.  null: all.  Three bytes more than
/// needed can be read.
struct Kept {
  const std::uint8_t* bits = nullptr;
  std::ptrdiff_t first = 0;  ///< of the values at hand
  std::ptrdiff_t pixel = 0;  ///< values from one pixel to the next
  float scale = 1;           ///< of those that are kept
};

/// out = kept(act(a x + b)), `lines` lines of `pixels`; a null: 1 and 0.
template <class T>
struct NormForward {
  const T* x;
  std::ptrdiff_t lines, pixels;
  int channels;
  const float *a, *b;
  bool silu;
  Kept kept;
  T* out;
  std::ptrdiff_t line, stride;  ///< of out
};

/// grad becomes that of u = a x + b; adds its sums, and those of it times rate x + shift, channel by channel.
template <class T>
struct NormInner {
  const T* x;
  std::ptrdiff_t pixels;
  int channels;
  const float *a, *b, *rate, *shift;  ///< null: 1, 0 and 0, 0
  bool silu;
  Kept kept;
  T* grad;
  std::ptrdiff_t stride;
  float *sum, *slope;
};

/// out = p grad + q x + r, channel by channel; p null: grad.
template <class T>
struct NormOuter {
  const T *x, *grad;
  std::ptrdiff_t pixels, stride;  ///< of grad
  int channels;
  const float *p, *q, *r;
  T* out;
};

/// Resampling by 2 with a filter [taps,taps].
template <class T>
struct Resampling {
  const T* x;  ///< [h][w][channels], lines x_line and pixels x_step values apart
  std::ptrdiff_t x_line, x_step;
  int height, width, channels;  ///< of x
  const float* filter;
  int taps;
  float scale;
  T* out;
  std::ptrdiff_t out_line, out_step;
};

/// A tile of sums [8][32] becomes values: (sums + add + residual) scale.
template <class T>
struct FinishTile {
  const float* sums;
  int rows, columns;
  const float* add[8];  ///< to each row, or null
  const T* residual;    ///< rows `stride` values apart, or null
  float scale;
  T* out;           ///< or
  float* wide_out;  ///< in float32
  std::ptrdiff_t stride;
};

/// Lines of pixels, scaled, to a place with a border; adds up the channels.
template <class T>
struct Border {
  const T* x;
  int height, width, channels;
  float scale;
  T* out;
  std::ptrdiff_t line, step;  ///< of out
  T* copy;                    ///< [h][w][channels], or null
  float* sums;                ///< [channels], added to
};

template <class T>
struct Pointwise {
  const char* name;
  /// Sums of x - x[first pixel] and of its square, channel by channel.
  void (*sums)(const T* x, std::ptrdiff_t pixels, int channels, float* sum, float* square);
  void (*norm_forward)(const NormForward<T>&);
  void (*norm_inner)(const NormInner<T>&);
  void (*norm_outer)(const NormOuter<T>&);
  /// `shrink` sums taps x taps values into one; `grow` is its transpose.
  void (*shrink)(const Resampling<T>&);
  void (*grow)(const Resampling<T>&);
  void (*finish)(const FinishTile<T>&);
  void (*border)(const Border<T>&);
  /// Two rows side by side: out[q][c] = (x[2q][c], x[2q+1][c]), channels a multiple of 8; bf16 alone.
  void (*interleave)(const T* x, std::ptrdiff_t stride, int steps, int channels, T* out);
  /// A row of logits becomes e^(rate (logit - largest)), narrowed; [count, padded) becomes 0.  Their sum.
  float (*weigh)(const float* logits, int count, int padded, float rate, T* out);
  /// From such weights, their sum's reciprocal, and the gradient of the weights divided by their sum: that of the
  /// products, w (g - sum w g) rate, narrowed; [count, padded) becomes 0.  The weights become divided, too.
  void (*weigh_back)(T* weight, float share, const float* grad, int count, int padded, float rate, T* out);
  void (*narrow)(const float* from, std::ptrdiff_t count, float scale, T* to);
};

/// This machine's best.
template <class T>
const Pointwise<T>& pointwise();
/// All that run here, the plain one first: for tests.
template <class T>
struct PointwiseList {
  const Pointwise<T>* all;
  std::size_t count;
};
template <class T>
PointwiseList<T> all_pointwise();

}  // namespace diffmem::kernels
