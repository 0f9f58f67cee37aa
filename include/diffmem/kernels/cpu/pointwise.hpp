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
  int out_height, out_width;  ///< half of x's or twice, or one more (the gradient of half of an odd side)
};

/// Rows of a tile of sums [8][32], of one image, become values: (sums + add + residual) scale.
template <class T>
struct FinishTile {
  const float* sums;
  int rows, columns;
  const float* add;   ///< [columns], to each row, or null
  const T* residual;  ///< rows `stride` values apart, or null
  float scale;
  T* out;           ///< or
  float* wide_out;  ///< in float32
  std::ptrdiff_t stride;
};

/// Tiles of an image for Winograd's F(2x2,3x3): 4x4 values, every other pixel one, become B^T d B, or 2x2 values A d A^T;
/// 16 values of each channel either way.
template <class T>
struct Tiles {
  const T* image;               ///< pixels `depth` values apart
  const std::ptrdiff_t* where;  ///< where each tile's first value is
  int count;
  std::ptrdiff_t line;  ///< values from one line of the image to the next
  int depth;            ///< a multiple of 8
  T* out;
  std::ptrdiff_t tile, product;  ///< values from one tile, or pair of tiles, and from one of the 16 to the next
};

/// Where a tile's 2x2 values go.
struct TilePlace {
  std::ptrdiff_t pixel;      ///< the first
  int image, height, width;  ///< height, width: 1 or 2, the others are beyond the image
};

/// A tile of sums [16][8][32] of such products becomes A^T m A, 2x2 values of each tile: (that + add + residual) scale.
template <class T>
struct FinishTiles {
  const float* sums;
  int tiles, columns;
  const TilePlace* places;
  std::ptrdiff_t line;  ///< pixels of one
  const float* add;     ///< [images][stride], or null
  const T* residual;    ///< pixels `stride` values apart, or null
  float scale;
  T* out;           ///< or
  float* wide_out;  ///< in float32
  std::ptrdiff_t stride;
};

/// Weights [3][3] of 16 columns become G g G^T: a panel of 16 taps.
template <class T>
struct WeightTiles {
  const float* weights;        ///< of the first column and row, nine side by side
  std::ptrdiff_t column, row;  ///< floats from one to the next
  int columns, rows;           ///< that there are; beyond is 0
  int depth;                   ///< rows of the panel
  bool turned;                 ///< read from the last of the nine to the first
  T* out;                      ///< [16][depth/pair][16][pair]
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
  /// Sums of x - x[pixel pixels/2] and of its square, channel by channel: borders, beside zero padding, are unlike the rest.
  void (*sums)(const T* x, std::ptrdiff_t pixels, int channels, float* sum, float* square);
  void (*norm_forward)(const NormForward<T>&);
  void (*norm_inner)(const NormInner<T>&);
  void (*norm_outer)(const NormOuter<T>&);
  /// `shrink` sums taps x taps values into one; `grow` is its transpose.
  void (*shrink)(const Resampling<T>&);
  void (*grow)(const Resampling<T>&);
  void (*finish)(const FinishTile<T>&);
  /// [tile][depth] of each of the 16.
  void (*tiles)(const Tiles<T>&);
  /// [pair of tiles][depth][2] (bf16; a last tile's partner is 0) or [tile][depth] (float32): of 4x4, and of 2x2 values.
  void (*paired_tiles)(const Tiles<T>&);
  void (*paired_gradients)(const Tiles<T>&);
  void (*finish_tiles)(const FinishTiles<T>&);
  void (*weight_tiles)(const WeightTiles<T>&);
  /// Sums [16] of 16 columns, `product` floats apart, in `count` places, added up: G^T u G, taps [9][16].
  void (*tap_gradients)(const float* const* sums, std::size_t count, std::ptrdiff_t product, float* taps);
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
