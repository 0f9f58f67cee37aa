// SPDX-License-Identifier: MIT
#include <diffmem/measure/detail/memorization.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/sharded.hpp>
#include <diffmem/world/world.hpp>

namespace diffmem {

Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, const World& world, int threads, double threshold,
                          std::span<const std::uint8_t> held_out) {
  const auto find = [&](std::span<const std::uint8_t> images) {
    const auto [n, m, size] = detail::image_counts("memorization", images.size(), training.size(), image_size);
    const Part mine = world.part(static_cast<std::int64_t>(n));
    const Neighbours found = nearest(
        images.subspan(static_cast<std::size_t>(mine.first) * size, static_cast<std::size_t>(mine.count) * size),
        training, image_size, 2, threads);
    return Neighbours{.index = world.gather(found.index), .squared = world.gather(found.squared), .k = found.k};
  };
  const auto count = static_cast<std::int64_t>(training.size() / detail::expect_size("memorization", image_size));
  return detail::memorization_by(find, generated, count, image_size, threshold, held_out);
}

}  // namespace diffmem
