// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/measure/duplicates.hpp>
#include <diffmem/measure/sharded.hpp>
#include <diffmem/study/detail/evaluate.hpp>

#include <algorithm>

namespace diffmem {

Evaluation evaluation_of(std::span<const std::uint8_t> generated, const ImageSet& training, const SampleParams& sample,
                         const World& world, int threads) {
  const Span span("measuring");
  const auto nearest = [&] {
    const Span search("nearest neighbours");
    return memorization(generated, training.pixels, training.image_size(), world, threads);
  };
  const Memorization m = nearest();
  std::vector<std::uint8_t> has_twin(static_cast<std::size_t>(training.count));
  for (const auto& group : exact_duplicates(training.pixels, training.image_size()).groups)
    for (const std::int64_t i : group) has_twin[static_cast<std::size_t>(i)] = 1;
  std::int64_t twins = 0;
  for (std::int64_t i = 0; i < m.images; ++i)
    twins += has_twin[static_cast<std::size_t>(m.neighbours.index[static_cast<std::size_t>(2 * i)])];
  const bool stops = !sample.stop.never();
  const Interval interval = stops ? interval_at_look(m.memorized, m.images, sample.images) : m.interval;
  return {.images = m.images,
          .asked = stops ? sample.images : 0,
          .memorized = m.memorized,
          .zero_second = m.zero_second,
          .twins = twins,
          .ratio = m.ratio,
          .low = interval.low,
          .high = interval.high,
          .knn_distance = m.knn_distance};
}

std::optional<std::vector<std::uint8_t>> generate_in_parts(
    SharedFolder& folder, std::int64_t step, const ImageSet& training, GenerateOptions options, const StopRule& stop,
    const RunContext& context, const std::function<std::vector<std::uint8_t>(const GenerateOptions&)>& make,
    const std::function<void(std::int64_t done)>& after_batch) {
  std::vector<std::uint8_t> generated;
  SequentialTest test(stop, options.images);
  /// True if no more images are needed.
  const auto add = [&](const std::vector<std::uint8_t>& batch) {
    generated.insert(generated.end(), batch.begin(), batch.end());
    if (stop.never() || batch.empty()) return false;
    for (const auto flag :
         memorization(batch, training.pixels, training.image_size(), *context.world, context.threads).flags)
      if (test.add(flag != 0)) return true;
    return false;
  };
  bool enough = add(folder.part(step));
  const std::int64_t images = options.images;
  const auto looks = stop.never() ? std::vector{images} : looks_of(images);
  const World& world = *context.world;
  const std::int64_t batch = world.from_lead(options.batch) * world.size();
  double saved = steady_seconds();
  options.first = static_cast<std::int64_t>(generated.size()) / training.image_size();
  while (!enough && options.first < images) {
    const std::int64_t look = *std::ranges::upper_bound(looks, options.first);  // no image is made beyond it
    options.images = std::min(batch, look - options.first);
    const Part mine = world.part(options.images);
    GenerateOptions part = options;
    part.first += mine.first, part.images = mine.count;
    enough = add(world.gather(make(part)));
    options.first += options.images;
    after_batch(options.first);
    if (enough || options.first == images) break;
    const bool stops = world.any(interrupted());
    if (stops || steady_seconds() - saved > context.checkpoint_seconds) {
      folder.keep_part(step, generated, training);
      saved = steady_seconds();
    }
    if (stops) return std::nullopt;
  }
  return generated;
}

}  // namespace diffmem
