// SPDX-License-Identifier: MIT
// The smallest training that has every part: attention, dropout, a warm-up, more images than a batch.
#pragma once
#include <diffmem/condition/none.hpp>
#include <diffmem/condition/true_labels.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/trainer.hpp>

namespace tiny {

using namespace diffmem;
using Base = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;

/// Smooth random images of 8x8 with labels 0 ... 2.
inline ImageSet images(std::int64_t count = 7) {
  ImageSet set{
      .name = "tiny", .count = count, .channels = 1, .height = 8, .width = 8, .pixels = {}, .labels = {}, .classes = 3};
  for (std::int64_t i = 0; i < count; ++i) {
    RandomStream random(1, Stream::subset, static_cast<std::uint64_t>(i));
    const double a = random.uniform() * 6, b = random.uniform() * 6;
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x)
        set.pixels.push_back(
            static_cast<std::uint8_t>(127.5 * (1 + std::sin(a + 0.4 * b * x) * std::cos(b + 0.3 * a * y))));
    set.labels.push_back(i % 3);
  }
  return set;
}

inline UNetConfig net() {
  UNetConfig c;
  c.base = 8, c.mult = {1, 2}, c.blocks = 1, c.attention = {8}, c.dropout = 0.2;
  return c;
}
inline TrainParams params() {
  TrainParams p;
  p.batch = 10, p.budget = Budget::steps, p.length = 12, p.warmup = 4, p.lr = 1e-3, p.ema = 0.9, p.evaluations = 3,
  p.seed = 5;
  return p;
}

/// Every tensor of a trainer's state.
template <class D>
Tensors state(const Trainer<D>& t) {
  Tensors all;
  for (const auto& [name, tensor] : t.checkpoint().tensors.tensors) all.push_back(tensor.clone());
  return all;
}
inline bool equal(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!a[i].equal(b[i])) return false;
  return true;
}

}  // namespace tiny
