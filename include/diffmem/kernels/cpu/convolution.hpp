// SPDX-License-Identifier: MIT
// Convolutions of images that lie in a thread's cache, and their gradients: tap by tap, or, for 3x3 of many channels, by
// Winograd's F(2x2,3x3), whose 16 products do the work of 36, or, to few, by one product with all taps.
#pragma once
#include <diffmem/kernels/panels.hpp>

#include <cstddef>
#include <vector>

namespace diffmem::kernels {

/// Whether Winograd's way is taken: its transforms are worth their time only between many channels.
constexpr bool by_winograd(int kernel, int in, int out) {
  constexpr int kWorthwhile = 16;
  return kernel == 3 && in >= kWorthwhile && out >= kWorthwhile;
}
/// Whether all taps are columns of one product, whose sums are then moved and added up: to few channels.
constexpr bool by_shifts(int kernel, int out) { return kernel == 3 && 9 * out <= kTileColumns; }
/// Products of a value of the input with weights: 16, or one a tap.
constexpr int product_count(int kernel, int in, int out) { return by_winograd(kernel, in, out) ? 16 : kernel * kernel; }

/// Images of [rows][line][depth] values with a border of zeros, one pixel wide for 3x3.
struct Geometry {
  int height, width, pad, products, line, depth;
  bool winograd;

  /// Between `in` and `out` channels; depth: how many of either the images have, padded.
  Geometry(int h, int w, int kernel, int in, int out, int depth_)
      : height(h),
        width(w),
        pad(kernel / 2),
        products(product_count(kernel, in, out)),
        line(w + 2 * pad + (w & 1)),
        depth(depth_),
        winograd(by_winograd(kernel, in, out)) {}
  int rows() const { return height + 2 * pad + (height & 1); }  // even, as the line is: tiles are whole
  std::ptrdiff_t pixels() const { return std::ptrdiff_t{height} * width; }
  std::ptrdiff_t size() const { return std::ptrdiff_t{rows()} * line * depth; }
  std::ptrdiff_t at(int h, int w) const { return (std::ptrdiff_t{h + pad} * line + w + pad) * depth; }
};

/// What becomes of a group's sums: out = (sums + add + residual) scale, [group][height][width][columns].
template <class T>
struct ConvOut {
  const float* add = nullptr;   ///< [group][columns], or null
  const T* residual = nullptr;  ///< or null
  float scale = 1;
  T* out = nullptr;
  float* wide_out = nullptr;  ///< in float32, instead
};

/// `group` images with `columns` channels of weights, panels as packed_weights() makes them.
template <class T>
void convolve(const T* images, int group, const Geometry& g, const T* weights, int columns, const ConvOut<T>& to);

/// Adds a group's share of the gradient of the weights to `sums`, [g.products][g.depth][d.depth]; d: of the gradient.
template <class T>
void add_weight_sums(const T* input, const Geometry& g, const T* gradient, const Geometry& d, int group, float* sums);

/// Such sums of all threads, to the gradient of weights [out,in,kernel,kernel].
void weight_gradient(const std::vector<std::vector<float>>& sums, const Geometry& g, const Geometry& d, int out, int in,
                     float* to, int threads);

}  // namespace diffmem::kernels
