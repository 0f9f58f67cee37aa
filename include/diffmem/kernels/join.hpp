// SPDX-License-Identifier: MIT
// The end of a residual block on a device, out = (a + b + bias) * scale, and its gradient, which a and b share.
#pragma once
#include <diffmem/kernels/lanes.hpp>

namespace diffmem::kernels {

inline constexpr unsigned kJoinPacks = 8;  ///< of a thread

/// A block takes kThreads * kJoinPacks packs of all images.
template <class T, unsigned V>
struct Join {
  const T *a, *b;     // [values]
  const float* bias;  // [channels]
  float scale;
  std::size_t values;
  unsigned channels;
  T* out;

  static constexpr std::size_t kShared = 0;

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    for (unsigned i = 0; i < kJoinPacks; ++i) {
      const std::size_t at = ((std::size_t{block.x()} * kJoinPacks + i) * kThreads + block.thread()) * V;
      if (at >= values) return;
      const auto c = static_cast<unsigned>(at % channels);
      Pack<T, V> x = loaded<V>(a + at);
      const Pack<T, V> y = loaded<V>(b + at);
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k)
        x.value[k] = stored<T>((widened(x.value[k]) + widened(y.value[k]) + bias[c + k]) * scale);
      store(out + at, x);
    }
  }
};

/// Block (x, y): image x, and kThreads / 8 packs of its channels from y on.
template <class T, unsigned V>
struct JoinGrad {
  const T* grad;  // of out, [N,pixels,channels]
  float scale;
  unsigned pixels, channels;
  T* grad_x;         // of a and of b
  float* grad_bias;  // [N,channels]: each image's share

  static constexpr unsigned kWidth = kThreads / 8 * V;  ///< channels of a block
  static constexpr std::size_t kShared = shared_bytes<float>(V * kThreads);

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<float>(V * kThreads);
    const unsigned first = block.y() * kWidth, width = channels - first < kWidth ? channels - first : kWidth;
    const Lane lane = lane_of<V>(block.thread(), first, width, channels, pixels);
    float sums[V] = {};
    for (unsigned p = lane.row; p < pixels; p += lane.rows) {
      const std::size_t at = (std::size_t{block.x()} * pixels + p) * channels + lane.channel;
      Pack<T, V> g = loaded<V>(grad + at);
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k) {
        const float value = widened(g.value[k]) * scale;
        sums[k] += value, g.value[k] = stored<T>(value);
      }
      store(grad_x + at, g);
    }
    sum_rows(block, room, lane, sums);
    if (lane.row == 0)
      for (unsigned k = 0; k < V; ++k)
        grad_bias[std::size_t{block.x()} * channels + lane.channel + k] = room.get(k * kThreads + lane.column);
  }
};

}  // namespace diffmem::kernels
