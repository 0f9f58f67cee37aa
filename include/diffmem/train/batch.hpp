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
#include <functional>
#include <span>
#include <vector>

namespace diffmem {

/// One (micro-)batch of training: images, noise and the variate behind each sigma.
struct TrainingBatch {
  Tensor images;   ///< float32 [N,C,H,W]: pixels on [-1,1], or latents
  Tensor noise;    ///< float32 [N,C,H,W], standard normal
  Tensor variate;  ///< float32 [N], uniform or normal
  Tensor labels;   ///< int64 [N], or undefined
};

/// What a model trains on: an example for each image.
struct Examples {
  std::int64_t count = 0;
  Shape shape = {};  ///< [C,H,W] of an example
  /// Writes image `index` as it is seen at a place of the global batch of a step: a pure function of these.
  std::function<void(std::int64_t index, std::int64_t step, std::int64_t place, std::span<float> values)> fill = {};
};

/// The images themselves, on [-1,1]; `set` must outlive them.
inline Examples pixels_of(const ImageSet& set) {
  return {set.count,
          {set.channels, set.height, set.width},
          [&set](std::int64_t index, std::int64_t, std::int64_t, std::span<float> values) {
            auto value = values.begin();
            for (const std::uint8_t level : set.image(index)) *value++ = dequantise(level);
          }};
}

/// Places first ... first+count-1 of the global batch of `step`; `labels` has one an example, or is empty.
inline TrainingBatch training_batch(const Examples& examples, const std::vector<std::int64_t>& labels, DataOrder& order,
                                    Variate law, std::uint64_t seed, std::int64_t step, std::int64_t batch,
                                    std::int64_t first, std::int64_t count) {
  std::size_t size = 1;
  for (const std::int64_t side : examples.shape) size *= static_cast<std::size_t>(side);
  const Span span("batch", {}, [&] {  // a byte becomes a float, and has another of noise
    return Work{.bytes = static_cast<double>(count) * static_cast<double>(size * (1 + 2 * sizeof(float)))};
  });
  std::vector<float> images(static_cast<std::size_t>(count) * size), noise(images.size()), variate;
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t place = first + i, index = order(step * batch + place);
    const auto mine = [&](std::vector<float>& all) {
      return std::span(all).subspan(static_cast<std::size_t>(i) * size, size);
    };
    examples.fill(index, step, place, mine(images));
    RandomStream(seed, Stream::train_noise, static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(place))
        .fill_normal(mine(noise));
    RandomStream sigma(seed, Stream::train_sigma, static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(place));
    variate.push_back(static_cast<float>(law == Variate::uniform ? sigma.uniform() : sigma.normals().first));
    if (!labels.empty()) chosen.push_back(labels[static_cast<std::size_t>(index)]);
  }
  Shape shape = {count};
  shape.insert(shape.end(), examples.shape.begin(), examples.shape.end());
  return {tensor_of(std::span<const float>(images), shape), tensor_of(std::span<const float>(noise), shape),
          tensor_of(variate), chosen.empty() ? Tensor() : tensor_of(chosen)};
}

}  // namespace diffmem
