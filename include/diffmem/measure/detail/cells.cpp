// SPDX-License-Identifier: MIT
#include <diffmem/core/random.hpp>
#include <diffmem/measure/cells.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/nearest.hpp>

namespace diffmem {
namespace {

constexpr std::size_t kBlock = 1024;  // images turned into floats at a time

std::span<const std::uint8_t> image(std::span<const std::uint8_t> images, std::size_t i, std::size_t size) {
  return images.subspan(i * size, size);
}

/// k-means++; all sums are of integers, so that the draws are the same everywhere.
Cells first_centres(std::span<const std::uint8_t> images, std::size_t n, std::size_t size, std::int64_t cells,
                    std::uint64_t seed, int threads) {
  Cells found{.image_size = static_cast<std::int64_t>(size), .centres = {}};
  RandomStream random(seed, Stream::cells);
  std::vector<std::int64_t> squared(n, std::numeric_limits<std::int64_t>::max());  // to the nearest centre
  std::size_t next = random.below(n);
  for (std::int64_t c = 0;; ++c) {
    const auto centre = image(images, next, size);
    found.centres.insert(found.centres.end(), centre.begin(), centre.end());
    const Neighbours to_centre = nearest(images, centre, found.image_size, 1, threads);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      squared[i] = std::min(squared[i], to_centre.squared[i]);
      total += static_cast<std::uint64_t>(squared[i]);
    }
    if (c + 1 == cells || total == 0) return found;
    std::uint64_t left = random.below(total);
    for (next = 0; left >= static_cast<std::uint64_t>(squared[next]); ++next)
      left -= static_cast<std::uint64_t>(squared[next]);
  }
}

/// Moves each centre to the mean of its images; one without images stays.
void move_centres(std::span<const std::uint8_t> images, std::size_t size, const std::vector<std::int64_t>& cell,
                  std::vector<float>& centres) {
  std::vector<std::int64_t> sums(centres.size()), counts(centres.size() / size);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const auto c = static_cast<std::size_t>(cell[i]);
    ++counts[c];
    for (std::size_t j = 0; j < size; ++j) sums[c * size + j] += images[i * size + j];
  }
  for (std::size_t j = 0; j < centres.size(); ++j)
    if (counts[j / size] > 0)
      centres[j] = static_cast<float>(static_cast<double>(sums[j]) / static_cast<double>(counts[j / size]));
}

}  // namespace

std::vector<std::int64_t> cell_of(std::span<const std::uint8_t> images, const Cells& cells, int threads) {
  if (cells.centres.empty()) throw Error("cell_of", "no cells", "at least one", "call k_means first");
  const auto [n, m, size] = detail::image_counts("cell_of", images.size(), cells.centres.size(), cells.image_size);
  std::vector<std::int64_t> cell;
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const auto block = images.subspan(begin * size, std::min(kBlock, n - begin) * size);
    const std::vector<float> floats(block.begin(), block.end());
    const FloatNeighbours found = nearest(floats, cells.centres, cells.image_size, 1, threads);
    cell.insert(cell.end(), found.index.begin(), found.index.end());
  }
  return cell;
}

Cells k_means(std::span<const std::uint8_t> images, std::int64_t image_size, std::int64_t cells, std::uint64_t seed,
              int threads, int rounds) {
  const std::size_t n = detail::image_count("k_means", images.size(), image_size);
  detail::expect_images("k_means", n, "training");
  if (cells < 1 || rounds < 1)
    throw Error("k_means", fmt::format("{} cells and {} rounds", cells, rounds), "at least 1 of each",
                "use 10 cells and 100 rounds");
  Cells found = first_centres(images, n, static_cast<std::size_t>(image_size), cells, seed, threads);
  std::vector<std::int64_t> before;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::int64_t> cell = cell_of(images, found, threads);
    if (cell == before) break;
    move_centres(images, static_cast<std::size_t>(image_size), cell, found.centres);
    before = std::move(cell);
  }
  return found;
}

}  // namespace diffmem
