// SPDX-License-Identifier: MIT
// Products of rows with panels: the one inner loop of convolutions, linear maps and attention on the CPU, in float32 or
// bf16 with sums in float32.
//
// A panel holds 16 columns of a matrix [depth,columns] as [depth/pair][16][pair], where pair is 2 for bf16, 1 for float.
// A matrix of several taps (a convolution's) is [columns/16][tap][depth/pair][16][pair].
#pragma once
#include <diffmem/core/round_up.hpp>
#include <diffmem/kernels/bf16.hpp>

#include <cstddef>
#include <cstdint>

namespace diffmem::kernels {

inline constexpr int kPanelColumns = 16;
inline constexpr int kTileRows = 8;      ///< rows of a tile
inline constexpr int kTileColumns = 32;  ///< its columns: two panels, or the first half of one alone

/// `n`, upwards to a multiple of `to`.
constexpr int padded(int n, int to) {
  return static_cast<int>(round_up(static_cast<std::size_t>(n), static_cast<std::size_t>(to)));
}

/// Eight rows times one or two panels.
template <class T>
struct RowProduct {
  const T* rows[kTileRows];    ///< where each row begins
  const std::ptrdiff_t* taps;  ///< what each tap adds to that
  int tap_count = 1;
  int depth = 0;                    ///< values of a tap, a multiple of kPair
  const T* panel = nullptr;         ///< the first panel, from its first tap on
  std::ptrdiff_t panel_stride = 0;  ///< values from it to the second
  int panels = 1;                   ///< 1 or 2
  float* out = nullptr;             ///< [8][16 panels], overwritten
  std::ptrdiff_t out_stride = kTileColumns;
  std::ptrdiff_t apart = 0;  ///< floats from the sums of one tap to those of the next; 0: all taps are added up
};

/// out[i][j] += sum over q of left[q][i] right[q][j], for i < 8 and j < 16 or 32, over `images` images of `lines` lines of
/// `count` steps.
/// Each step is one value (float) or two (bf16), the two side by side: left [q][i][pair], right [q][j][pair].
template <class T>
struct ColumnProduct {
  const T* left = nullptr;
  const T* right = nullptr;
  std::ptrdiff_t left_step = 0, left_line = 0, left_image = 0;  ///< values from one step, line, image to the next
  std::ptrdiff_t right_step = 0, right_line = 0, right_image = 0;
  int count = 0, lines = 1, images = 1;
  int panels = 1;  ///< 1 or 2 times 16 columns
  float* out = nullptr;
  std::ptrdiff_t out_stride = 0;  ///< floats from one i to the next
};

/// How a machine does them.
template <class T>
struct PanelKernels {
  const char* name;
  void (*rows)(const RowProduct<T>&);
  void (*columns)(const ColumnProduct<T>&);
};

/// This machine's best.
template <class T>
const PanelKernels<T>& panel_kernels();
/// All that run here, the plain one first: for tests.
template <class T>
struct PanelKernelList {
  const PanelKernels<T>* all;
  std::size_t count;
};
template <class T>
PanelKernelList<T> all_panel_kernels();

}  // namespace diffmem::kernels
