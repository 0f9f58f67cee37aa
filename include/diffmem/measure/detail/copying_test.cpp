// SPDX-License-Identifier: MIT
#include <diffmem/measure/copying_test.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/mann_whitney.hpp>
#include <diffmem/measure/nearest.hpp>

namespace diffmem {

CopyingTest copying_test(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> held_out,
                         std::span<const std::uint8_t> training, std::int64_t image_size, const CopyingParams& params,
                         int threads) {
  constexpr std::string_view who = "copying_test";
  detail::expect_images(who, generated.size(), "generated");
  detail::expect_images(who, held_out.size(), "held-out");
  detail::expect_images(who, training.size(), "training");
  const Cells cells = k_means(training, image_size, params.cells, params.seed, threads);
  CopyingTest result;
  result.cells.resize(cells.centres.size() / static_cast<std::size_t>(image_size));

  // The squared distances to the training set, cell by cell.
  const auto by_cell = [&](std::span<const std::uint8_t> images) {
    const Neighbours near = nearest(images, training, image_size, 1, threads);
    const std::vector<std::int64_t> cell = cell_of(images, cells, threads);
    std::vector<std::vector<std::int64_t>> squared(result.cells.size());
    for (std::size_t i = 0; i < cell.size(); ++i) squared[static_cast<std::size_t>(cell[i])].push_back(near.squared[i]);
    return squared;
  };
  const auto of_generated = by_cell(generated), of_held_out = by_cell(held_out);

  double weights = 0;
  for (std::size_t c = 0; c < result.cells.size(); ++c) {
    CopyingCell& cell = result.cells[c];
    cell.generated = static_cast<std::int64_t>(of_generated[c].size());
    cell.held_out = static_cast<std::int64_t>(of_held_out[c].size());
    cell.counted = cell.generated >= std::max<std::int64_t>(params.generated, 1) && cell.held_out > 0;
    if (!cell.counted) continue;
    cell.z = mann_whitney(of_generated[c], of_held_out[c]);
    result.c_t += static_cast<double>(cell.held_out) * cell.z;
    weights += static_cast<double>(cell.held_out);
  }
  if (weights == 0)
    throw Error(
        who,
        fmt::format("no cell of {} with a held-out image and {} generated ones", result.cells.size(), params.generated),
        "at least one", "ask for fewer cells or bring more images");
  result.c_t /= weights;
  return result;
}

}  // namespace diffmem
