// SPDX-License-Identifier: MIT
#include <diffmem/measure/duplicates.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/study/detail/evaluate.hpp>

namespace diffmem {

Evaluation evaluation_of(std::span<const std::uint8_t> generated, const ImageSet& training, int threads) {
  const Memorization m = memorization(generated, training.pixels, training.image_size(), threads);
  std::vector<std::uint8_t> has_twin(static_cast<std::size_t>(training.count));
  for (const auto& group : exact_duplicates(training.pixels, training.image_size()).groups)
    for (const std::int64_t i : group) has_twin[static_cast<std::size_t>(i)] = 1;
  std::int64_t twins = 0;
  for (std::int64_t i = 0; i < m.images; ++i)
    twins += has_twin[static_cast<std::size_t>(m.neighbours.index[static_cast<std::size_t>(2 * i)])];
  return {.images = m.images,
          .memorized = m.memorized,
          .zero_second = m.zero_second,
          .twins = twins,
          .ratio = m.ratio,
          .low = m.interval.low,
          .high = m.interval.high,
          .knn_distance = m.knn_distance};
}

}  // namespace diffmem
