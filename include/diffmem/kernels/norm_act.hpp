// SPDX-License-Identifier: MIT
// y = dropout(silu(norm(x + shift))) of images whose channels stand side by side, and its gradient, on a device: one
// pass over memory where what a block looks at fits into shared memory, two otherwise.  The shift is the bias of the
// convolution that made x, and the embedding.  Masks are made where they are used, in both directions.
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/kernels/lanes.hpp>

#include <cmath>

namespace diffmem::kernels {

/// A layer's dropout, see kernels/dropout.hpp.  threshold 0: none.
struct DropoutDraws {
  std::uint32_t key[2] = {};
  std::uint64_t index = 0;              ///< Dropout::next_index()
  const std::uint64_t* step = nullptr;  ///< on the device, added to the index's step; or null
  std::uint32_t first_place = 0, threshold = 0;

  /// Bit k: value `first` + k of an image is kept, of eight at most; `first` is a multiple of their number.
  DIFFMEM_DEVICE std::uint32_t kept(unsigned image, std::size_t first) const {
    const std::uint64_t at = index + (step ? *step << 24 : 0);
    const PhiloxBlock words = philox4x32({static_cast<std::uint32_t>(first / 8), first_place + image,
                                          static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at >> 32)},
                                         {key[0], key[1]});
    std::uint32_t bits = 0;
    DIFFMEM_UNROLL
    for (unsigned w = 0; w < 4; ++w)
      bits |= std::uint32_t{(words[w] & 0xFFFFu) >= threshold} << 2 * w | std::uint32_t{(words[w] >> 16) >= threshold}
                                                                              << (2 * w + 1);
    return bits >> first % 8;
  }
};

/// 1 / (1 + exp(-u)).
DIFFMEM_DEVICE float sigmoid(float u) {
#ifdef __CUDA_ARCH__
  return __fdividef(1.0f, 1.0f + __expf(-u));
#else
  return 1 / (1 + std::exp(-u));
#endif
}

/// What both directions know.  A block takes `span` neighbouring groups of an image; block.x() = image * spans + place.
template <class T>
struct NormActLaw {
  NormLaw norm = {};             ///< groups > 0
  Pieces<const T> x;             ///< [N,pixels,channels]
  const float* shift = nullptr;  ///< [N,channels] or null
  DropoutDraws dropout = {};
  unsigned pixels = 0, span = 1;
  float* moments = nullptr;  ///< [N,groups,2]: mean and 1/sqrt(variance + eps)

  DIFFMEM_DEVICE unsigned channels() const { return static_cast<unsigned>(norm.channels); }
  DIFFMEM_DEVICE unsigned groups() const { return static_cast<unsigned>(norm.groups); }
  DIFFMEM_DEVICE unsigned group_size() const { return channels() / groups(); }
  DIFFMEM_DEVICE unsigned spans() const { return (groups() + span - 1) / span; }
};

/// Packs of a thread that a block keeps in shared memory.
template <class T, unsigned V>
inline constexpr unsigned kHeldPacks = (32u << 10) / (kThreads * V * sizeof(T));

/// How a kernel of NormActLaw is launched.
struct NormActPlan {
  unsigned vector = 1;  ///< values moved at once
  unsigned span = 1;    ///< groups of a block
  bool held = false;    ///< one pass
};
/// A block takes 64 bytes of a pixel, if they are there and fit.  `first`: channels of the first piece.
template <class T>
NormActPlan norm_act_plan(int channels, int groups, int first, unsigned pixels) {
  const int size = channels / groups;
  NormActPlan plan{.vector = pack_width<T>(size, first)};
  const auto width = static_cast<unsigned>(size);
  const unsigned most = (32u << 10) / (kThreads * plan.vector * static_cast<unsigned>(sizeof(T)));
  const auto fits = [&](unsigned span) {
    const unsigned columns = span * width / plan.vector;
    return columns <= kThreads && (pixels + kThreads / columns - 1) / (kThreads / columns) <= most;
  };
  plan.held = fits(1);
  while (2 * plan.span * width * sizeof(T) <= 64 && 2 * plan.span <= static_cast<unsigned>(groups) &&
         (fits(2 * plan.span) || !plan.held))
    plan.span *= 2;
  return plan;
}
/// Whether the kernels take so many channels in so many groups.
inline bool norm_act_takes(int channels, int groups) { return channels / groups <= static_cast<int>(kThreads); }

template <class T, unsigned V, bool kHeld>
struct NormAct {
  NormActLaw<T> law;
  T* y;  // [N,pixels,channels]

  static constexpr unsigned kHeldHere = kHeld ? kHeldPacks<T, V> * kThreads : 0;
  static constexpr std::size_t kShared = shared_bytes<float>(2 * kThreads) + shared_bytes<Pack<T, V>>(kHeldHere);

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<float>(2 * kThreads);
    auto held = block.template shared<Pack<T, V>>(kHeldHere);
    const unsigned t = block.thread(), image = block.x() / law.spans(), size = law.group_size(),
                   first = block.x() % law.spans() * law.span * size, channels = law.channels();
    const Lane lane = lane_of<V>(t, first, law.span * size, channels, law.pixels);
    const unsigned c = lane.channel, group = c / size, begin = group * size;
    const std::size_t from = std::size_t{image} * law.pixels;  // in pixels
    const auto shift_of = [&](unsigned channel) {
      return law.shift ? law.shift[std::size_t{image} * channels + channel] : 0.0f;
    };
    float shift[V];
    for (unsigned k = 0; k < V; ++k) shift[k] = shift_of(c + k);

    // Sums about one of the group's values, so that a large mean does not drown the variance.
    const float centre = widened(*place_in(law.x, from, begin)) + shift_of(begin);
    float sums[2] = {};
    for (unsigned p = lane.row, i = 0; p < law.pixels; p += lane.rows, ++i) {
      const Pack<T, V> x = loaded<V>(place_in(law.x, from + p, c));
      if constexpr (kHeld) held.set(i * kThreads + t, x);
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k) {
        const float off = widened(x.value[k]) + shift[k] - centre;
        sums[0] += off, sums[1] += off * off;
      }
    }
    sum_rows(block, room, lane, sums);
    float sum = 0, square = 0;
    for (unsigned k = (begin - first) / V; k < (begin - first + size) / V; ++k)
      sum += room.get(k), square += room.get(kThreads + k);
    const float count = static_cast<float>(law.pixels) * static_cast<float>(size), off = sum / count;
    const float variance = square / count - off * off, mean = centre + off;
    // Rounding may leave less than 0; what is not a number stays so.
    const float rate = 1 / std::sqrt((variance < 0 ? 0 : variance) + static_cast<float>(law.norm.eps));
    if (lane.row == 0 && c == begin) {
      float* to = law.moments + 2 * (std::size_t{image} * law.groups() + group);
      to[0] = mean, to[1] = rate;
    }

    float weight[V], bias[V];
    for (unsigned k = 0; k < V; ++k) weight[k] = law.norm.weight[c + k], bias[k] = law.norm.bias[c + k];
    for (unsigned p = lane.row, i = 0; p < law.pixels; p += lane.rows, ++i) {
      Pack<T, V> x;
      if constexpr (kHeld)
        x = held.get(i * kThreads + t);
      else
        x = loaded<V>(place_in(law.x, from + p, c));
      const std::size_t at = std::size_t{p} * channels + c;
      const std::uint32_t kept = law.dropout.threshold > 0 ? law.dropout.kept(image, at) : 0;
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k) {
        float u = weight[k] * ((widened(x.value[k]) + shift[k] - mean) * rate) + bias[k];
        if (law.norm.silu) u *= sigmoid(u);
        if (law.dropout.threshold > 0) u *= (kept >> k & 1) != 0 ? law.norm.keep_scale : 0;
        x.value[k] = stored<T>(u);
      }
      store(y + (from * channels + at), x);
    }
  }
};

template <class T, unsigned V, bool kHeld>
struct NormActGrad {
  NormActLaw<T> law;               // moments are read
  const T* grad;                   // of y
  Pieces<T> grad_x;                // parts may be null
  float* grad_shift;               // [N,channels] or null
  float *grad_weight, *grad_bias;  // [N,channels]: each image's share

  static constexpr unsigned kHeldHere = kHeld ? kHeldPacks<T, V> * kThreads : 0;
  static constexpr std::size_t kShared =
      shared_bytes<float>(3 * V * kThreads) + 2 * shared_bytes<Pack<T, V>>(kHeldHere);

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<float>(3 * V * kThreads);
    auto held_x = block.template shared<Pack<T, V>>(kHeldHere), held_g = block.template shared<Pack<T, V>>(kHeldHere);
    const unsigned t = block.thread(), image = block.x() / law.spans(), size = law.group_size(),
                   first = block.x() % law.spans() * law.span * size, channels = law.channels();
    const Lane lane = lane_of<V>(t, first, law.span * size, channels, law.pixels);
    const unsigned c = lane.channel, group = c / size, begin = group * size;
    const std::size_t from = std::size_t{image} * law.pixels;  // in pixels
    const float* moments = law.moments + 2 * (std::size_t{image} * law.groups() + group);
    const float mean = moments[0], rate = moments[1];
    float offset[V], weight[V], bias[V];  // xhat = (x + offset) * rate
    for (unsigned k = 0; k < V; ++k) {
      offset[k] = (law.shift ? law.shift[std::size_t{image} * channels + c + k] : 0.0f) - mean;
      weight[k] = law.norm.weight[c + k], bias[k] = law.norm.bias[c + k];
    }

    // Of each channel the sums of g, g xhat and xhat, where g is the gradient of weight xhat + bias.
    float sums[3 * V] = {};
    const auto inner = [&](unsigned p, const Pack<T, V>& x) {
      const std::size_t at = std::size_t{p} * channels + c;
      Pack<T, V> g = loaded<V>(grad + (from * channels + at));
      const std::uint32_t kept = law.dropout.threshold > 0 ? law.dropout.kept(image, at) : 0;
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k) {
        const float xhat = (widened(x.value[k]) + offset[k]) * rate, u = weight[k] * xhat + bias[k];
        float slope = widened(g.value[k]);
        if (law.dropout.threshold > 0) slope *= (kept >> k & 1) != 0 ? law.norm.keep_scale : 0;
        if (law.norm.silu) {
          const float s = sigmoid(u);
          slope *= s * (1 + u * (1 - s));
        }
        g.value[k] = stored<T>(slope);
      }
      return g;
    };
    for (unsigned p = lane.row, i = 0; p < law.pixels; p += lane.rows, ++i) {
      const Pack<T, V> x = loaded<V>(place_in(law.x, from + p, c)), g = inner(p, x);
      if constexpr (kHeld) held_x.set(i * kThreads + t, x), held_g.set(i * kThreads + t, g);
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k) {
        const float xhat = (widened(x.value[k]) + offset[k]) * rate, slope = widened(g.value[k]);
        sums[k] += slope, sums[V + k] += slope * xhat, sums[2 * V + k] += xhat;
      }
    }
    sum_rows(block, room, lane, sums);
    float sum = 0, slope_sum = 0;  // of the group, of weight g and weight g xhat
    for (unsigned k = 0; k < size; ++k) {
      const unsigned column = (begin - first + k) / V, at = (begin + k) % V;
      sum += law.norm.weight[begin + k] * room.get(at * kThreads + column);
      slope_sum += law.norm.weight[begin + k] * room.get((V + at) * kThreads + column);
    }
    const float count = static_cast<float>(law.pixels) * static_cast<float>(size);
    const float level = sum / count, tilt = slope_sum / count;
    if (lane.row == 0)
      for (unsigned k = 0; k < V; ++k) {
        const std::size_t to = std::size_t{image} * channels + c + k;
        const float g = room.get(k * kThreads + lane.column), xhat = room.get((2 * V + k) * kThreads + lane.column);
        grad_bias[to] = g, grad_weight[to] = room.get((V + k) * kThreads + lane.column);
        if (grad_shift) grad_shift[to] = rate * (weight[k] * g - static_cast<float>(law.pixels) * level - tilt * xhat);
      }

    for (unsigned p = lane.row, i = 0; p < law.pixels; p += lane.rows, ++i) {
      T* to = place_in(grad_x, from + p, c);
      if (!to) continue;
      Pack<T, V> x, g;
      if constexpr (kHeld)
        x = held_x.get(i * kThreads + t), g = held_g.get(i * kThreads + t);
      else
        x = loaded<V>(place_in(law.x, from + p, c)), g = inner(p, x);
      DIFFMEM_UNROLL
      for (unsigned k = 0; k < V; ++k) {
        const float xhat = (widened(x.value[k]) + offset[k]) * rate;
        g.value[k] = stored<T>(rate * (weight[k] * widened(g.value[k]) - level - tilt * xhat));
      }
      store(to, g);
    }
  }
};

}  // namespace diffmem::kernels
