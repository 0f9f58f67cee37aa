// SPDX-License-Identifier: MIT
// Adam, the weights' average and the gradients' check on a device: one kernel each over all leaves at once, cut into parts
// of equal size.  What changes from step to step lies on the device, so that a recorded step can be replayed.
#pragma once
#include <diffmem/kernels/adam_step.hpp>
#include <diffmem/kernels/device.hpp>
#include <diffmem/kernels/lanes.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace diffmem::kernels {

/// A leaf: its values, gradient, moments and average.  `weight` null: numbers that are only looked at, in `gradient`.
struct AdamLeaf {
  float* weight = nullptr;
  const float* gradient = nullptr;
  float *m = nullptr, *v = nullptr, *average = nullptr;
  std::size_t size = 0;
};

inline constexpr std::size_t kAdamPart = 1 << 13;  ///< values of a block

/// What a step's kernels read, written before each.
struct AdamNumbers {
  AdamRates rates;
  std::uint64_t step;  ///< for Dropout::device_step
  std::int32_t bad;    ///< not 0: a number was not finite, and the step changes nothing
};

/// visit(first place, how many follow) for a part's values: four where they lie so that four can be moved at once.
template <class Block, class Four, class One>
DIFFMEM_DEVICE void each_value(Block& block, const AdamLeaf& part, const Four& four, const One& one) {
  const auto size = static_cast<unsigned>(part.size);
  std::uintptr_t places = 0;
  for (const float* at : {part.gradient, static_cast<const float*>(part.weight), static_cast<const float*>(part.m),
                          static_cast<const float*>(part.v), static_cast<const float*>(part.average)})
    places |= reinterpret_cast<std::uintptr_t>(at);
  const unsigned whole = places % 16 == 0 ? size / 4 * 4 : 0;
  for (unsigned i = 4 * block.thread(); i < whole; i += 4 * kThreads) four(i);
  for (unsigned i = whole + block.thread(); i < size; i += kThreads) one(i);
}

/// Block x looks at part x.
struct CheckFinite {
  const AdamLeaf* parts;
  AdamNumbers* numbers;

  static constexpr std::size_t kShared = 0;

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    const AdamLeaf part = parts[block.x()];
    const auto finite = [](float x) { return x - x == 0; };
    bool all = true;
    each_value(
        block, part,
        [&](unsigned i) {
          const auto g = loaded<4>(part.gradient + i);
          for (unsigned k = 0; k < 4; ++k) all = all && finite(g.value[k]);
        },
        [&](unsigned i) { all = all && finite(part.gradient[i]); });
    if (!all) numbers->bad = 1;  // whoever writes it, it is the same
  }
};

/// Block x updates part x.
struct UpdateWeights {
  const AdamLeaf* parts;
  const AdamNumbers* numbers;

  static constexpr std::size_t kShared = 0;

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    const AdamLeaf part = parts[block.x()];
    if (numbers->bad != 0 || !part.weight) return;
    const AdamRates r = numbers->rates;
    const auto update = [&](float gradient, float& w, float& m, float& v, float& average) {
      gradient += r.l2 * w;
      m = r.keep1 * m + r.take1 * gradient;
      v = r.keep2 * v + r.take2 * gradient * gradient;
      w = r.keep_w * w - r.step_size * m / (std::sqrt(v) * r.root + r.eps);
      average = r.keep_ema * average + r.take_ema * w;
    };
    each_value(
        block, part,
        [&](unsigned i) {
          const auto g = loaded<4>(part.gradient + i);
          auto w = loaded<4>(part.weight + i), m = loaded<4>(part.m + i), v = loaded<4>(part.v + i),
               average = loaded<4>(part.average + i);
          DIFFMEM_UNROLL
          for (unsigned k = 0; k < 4; ++k) update(g.value[k], w.value[k], m.value[k], v.value[k], average.value[k]);
          store(part.weight + i, w), store(part.m + i, m), store(part.v + i, v), store(part.average + i, average);
        },
        [&](unsigned i) { update(part.gradient[i], part.weight[i], part.m[i], part.v[i], part.average[i]); });
  }
};

/// A step of Adam over leaves in a device's memory.
///
///     adam.begin(device, step, index);          // before each step
///     adam.point_at(leaves);  adam.upload(device);    // when a leaf has moved, as gradients do
///     adam.launch(device);  adam.finite(device);
class DeviceAdam {
 public:
  /// `sizes`: values of each leaf that there will be.
  template <class Device>
  DeviceAdam(const Device& device, std::span<const std::size_t> sizes) {
    std::size_t parts = 0;
    for (const std::size_t size : sizes) parts += (size + kAdamPart - 1) / kAdamPart;
    table_ = device.template buffer<AdamLeaf>(parts);
    numbers_ = device.template zeros<AdamNumbers>(1);
  }

  template <class Device>
  void begin(const Device& device, const AdamStep& step, std::uint64_t index) {
    const AdamNumbers now{AdamRates::of(step), index, 0};
    device.upload(numbers_.data(), std::span<const AdamNumbers>(&now, 1));
  }
  /// Leaves of the sizes that were told.
  void point_at(std::span<const AdamLeaf> leaves) {
    parts_.clear();
    const auto further = [](auto* at, std::size_t i) { return at ? at + i : nullptr; };
    for (const AdamLeaf& leaf : leaves)
      for (std::size_t i = 0; i < leaf.size; i += kAdamPart)
        parts_.push_back({further(leaf.weight, i), leaf.gradient + i, further(leaf.m, i), further(leaf.v, i),
                          further(leaf.average, i), std::min(kAdamPart, leaf.size - i)});
  }
  template <class Device>
  void upload(const Device& device) const {
    device.upload(table_.data(), std::span<const AdamLeaf>(parts_));
  }
  template <class Device>
  void launch(const Device& device) const {
    const Grid grid{.x = static_cast<unsigned>(parts_.size())};
    device.launch(CheckFinite{table_.data(), numbers_.data()}, grid);
    device.launch(UpdateWeights{table_.data(), numbers_.data()}, grid);
  }
  /// Whether all gradients of the last step were finite; waits for it.
  template <class Device>
  bool finite(const Device& device) const {
    return device.download(numbers_.data(), 1).front().bad == 0;
  }
  /// Where the step's index lies on the device.
  const std::uint64_t* step() const { return &numbers_.data()->step; }

 private:
  std::vector<AdamLeaf> parts_;
  Buffer<AdamLeaf> table_;
  Buffer<AdamNumbers> numbers_;
};

}  // namespace diffmem::kernels
