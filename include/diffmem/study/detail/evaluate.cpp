// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/measure/duplicates.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/study/detail/evaluate.hpp>

#include <algorithm>

namespace diffmem {

Evaluation evaluation_of(std::span<const std::uint8_t> generated, const ImageSet& training, int threads) {
  const Span span("measuring");
  const auto nearest = [&] {
    const Span search("nearest neighbours");
    return memorization(generated, training.pixels, training.image_size(), threads);
  };
  const Memorization m = nearest();
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

std::optional<std::vector<std::uint8_t>> generate_in_parts(
    RunFolder& folder, std::int64_t step, const ImageSet& training, GenerateOptions options, double seconds,
    const std::function<std::vector<std::uint8_t>(const GenerateOptions&)>& make,
    const std::function<void(std::int64_t done)>& after_batch) {
  std::vector<std::uint8_t> generated = folder.part(step);
  const std::int64_t images = options.images;
  double saved = steady_seconds();
  options.first = static_cast<std::int64_t>(generated.size()) / training.image_size();
  while (options.first < images) {
    options.images = std::min(options.batch, images - options.first);
    const auto batch = make(options);
    generated.insert(generated.end(), batch.begin(), batch.end());
    options.first += options.images;
    after_batch(options.first);
    if (options.first == images) break;
    if (interrupted() || steady_seconds() - saved > seconds) {
      folder.keep_part(step, generated, training);
      saved = steady_seconds();
    }
    if (interrupted()) return std::nullopt;
  }
  return generated;
}

}  // namespace diffmem
