// SPDX-License-Identifier: MIT
// Which images a training step sees, and its random numbers: pure functions of (seed, step, place in the batch).
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/data/image_set.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/schedule/concept.hpp>
#include <diffmem/train/order.hpp>

#include <cstdint>
#include <vector>

namespace diffmem {

/// One (micro-)batch of training: images, noise and the variate behind each sigma.
struct TrainingBatch {
  Tensor images;   ///< float32 [N,C,H,W] on [-1,1]
  Tensor noise;    ///< float32 [N,C,H,W], standard normal
  Tensor variate;  ///< float32 [N], uniform or normal
  Tensor labels;   ///< int64 [N], or undefined
};

/// Places first ... first+count-1 of the global batch of `step`; `labels` has one a training image, or is empty.
inline TrainingBatch training_batch(const ImageSet& set, const std::vector<std::int64_t>& labels, DataOrder& order,
                                    Variate law, std::uint64_t seed, std::int64_t step, std::int64_t batch,
                                    std::int64_t first, std::int64_t count) {
  const auto size = static_cast<std::size_t>(set.image_size());
  const Span span("batch", {}, [&] {  // a byte becomes a float, and has another of noise
    return Work{.bytes = static_cast<double>(count) * static_cast<double>(size * (1 + 2 * sizeof(float)))};
  });
  std::vector<float> images, noise(static_cast<std::size_t>(count) * size), variate;
  images.reserve(noise.size());
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t place = first + i, index = order(step * batch + place);
    for (const std::uint8_t level : set.image(index)) images.push_back(dequantise(level));
    RandomStream(seed, Stream::train_noise, static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(place))
        .fill_normal(std::span(noise).subspan(static_cast<std::size_t>(i) * size, size));
    RandomStream sigma(seed, Stream::train_sigma, static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(place));
    variate.push_back(static_cast<float>(law == Variate::uniform ? sigma.uniform() : sigma.normals().first));
    if (!labels.empty()) chosen.push_back(labels[static_cast<std::size_t>(index)]);
  }
  const Shape shape = {count, set.channels, set.height, set.width};
  return {tensor_of(std::span<const float>(images), shape), tensor_of(std::span<const float>(noise), shape),
          tensor_of(variate), chosen.empty() ? Tensor() : tensor_of(chosen)};
}

}  // namespace diffmem
