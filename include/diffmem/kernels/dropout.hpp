// SPDX-License-Identifier: MIT
// Dropout whose masks are a pure function of (seed, step, layer, place in the global batch): the same whatever the
// split into micro-batches, threads or devices.
#pragma once
#include <diffmem/core/tensor.hpp>

#include <cmath>
#include <cstdint>

namespace diffmem {

/// The dropout of one forward pass; each call of mask() is one layer.
struct Dropout {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;         ///< training step, below 2^40
  std::uint32_t first_place = 0;  ///< place of this micro-batch's first image in the global batch
  std::uint32_t layer = 0;        ///< advanced by every call
  /// On a device, added to `step` where the masks are made (norm_act.hpp): a recorded step is replayed as another.
  const std::uint64_t* device_step = nullptr;

  /// Float tensor like `x` [B,...]: 0 with probability `rate`, else 1/(1-rate).  `rate` in [0, 1), rounded to 1/65536.
  /// Of images [B,C,H,W] it is channels_last: value c of pixel p is number p*C+c of the image's stream.
  Tensor mask(const Tensor& x, double rate);
  /// The next layer's place in the streams, for a kernel that makes its masks itself.
  std::uint64_t next_index() { return step << 24 | layer++; }  // 2^24 layers, 2^40 steps

  /// Values dropped of 65536, and what the others are multiplied by.
  static std::uint32_t threshold(double rate) { return static_cast<std::uint32_t>(std::lround(rate * 65536)); }
  static float scale(std::uint32_t threshold) { return static_cast<float>(65536.0 / (65536.0 - threshold)); }
};

namespace kernels {

/// Which of one image's `size` values are kept: bit i%8 of byte i/8.  `threshold` of 65536 values are dropped.  A block of
/// Philox decides eight values: each of its four words holds two 16-bit numbers, low half first.
void dropout_bits_cpu(std::uint8_t* out, std::int64_t size, std::uint64_t seed, std::uint64_t index,
                      std::uint32_t place, std::uint32_t threshold);
/// The same as 0 or `scale`.
void dropout_mask_cpu(float* out, std::int64_t size, std::uint64_t seed, std::uint64_t index, std::uint32_t place,
                      std::uint32_t threshold, float scale);
#ifdef DIFFMEM_CUDA
/// The same for `images` images in device memory, on the current stream.
void dropout_mask_cuda(float* out, std::int64_t images, std::int64_t size, std::uint64_t seed, std::uint64_t index,
                       std::uint32_t first_place, std::uint32_t threshold, float scale, void* stream);
#endif

}  // namespace kernels
}  // namespace diffmem
