// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/cells.hpp>

#include <set>

using namespace diffmem;
using brute::Bytes, brute::noise;

namespace {

/// The nearest centre by its definition, in float64.
std::int64_t nearest_centre(const Bytes& images, std::size_t i, const Cells& cells) {
  const auto size = static_cast<std::size_t>(cells.image_size);
  std::int64_t best = 0;
  double least = 1e300;
  for (std::size_t c = 0; c < cells.centres.size() / size; ++c) {
    double sum = 0;
    for (std::size_t j = 0; j < size; ++j) {
      const double d = images[i * size + j] - double{cells.centres[c * size + j]};
      sum += d * d;
    }
    if (sum < least) least = sum, best = static_cast<std::int64_t>(c);
  }
  return best;
}

}  // namespace

TEST_CASE("k-means finds clusters that are far apart, from any seed", "[measure][oracle]") {
  const Bytes images = {1, 2, 3, 100, 101, 105, 250, 252};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Cells cells = k_means(images, 1, 3, seed);
    REQUIRE(std::set<float>(cells.centres.begin(), cells.centres.end()) == std::set<float>{2, 102, 251});
    const auto cell = cell_of(images, cells);
    REQUIRE(cell[0] == cell[2]);
    REQUIRE(cell[3] == cell[5]);
    REQUIRE(cell[6] == cell[7]);
    REQUIRE(std::set<std::int64_t>(cell.begin(), cell.end()).size() == 3);
  }
}

TEST_CASE("k-means ends where each centre is the mean of its images and each image with its nearest centre",
          "[measure][law]") {
  constexpr std::size_t size = 5, n = 1500;  // more than a block
  const Bytes images = brute::clusters(n, size, 1);
  const Cells cells = k_means(images, size, 7, 3);
  REQUIRE(cells.centres.size() == 7 * size);
  const auto cell = cell_of(images, cells, 2);
  std::vector<double> sums(7 * size), counts(7);
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE(cell[i] == nearest_centre(images, i, cells));
    ++counts[static_cast<std::size_t>(cell[i])];
    for (std::size_t j = 0; j < size; ++j) sums[static_cast<std::size_t>(cell[i]) * size + j] += images[i * size + j];
  }
  for (std::size_t c = 0; c < 7 * size; ++c) REQUIRE(std::abs(sums[c] / counts[c / size] - cells.centres[c]) < 1e-4);
}

TEST_CASE("cells do not depend on threads, do on the seed, and stop after the rounds asked for", "[measure]") {
  const Bytes images = noise(300 * 4, 1, 256);
  const Cells cells = k_means(images, 4, 9, 5);
  REQUIRE(k_means(images, 4, 9, 5, 3).centres == cells.centres);
  REQUIRE(k_means(images, 4, 9, 6).centres != cells.centres);
  REQUIRE(k_means(images, 4, 9, 5, 1, 1).centres != cells.centres);
}

TEST_CASE("the first centres are different images, as likely as they are far", "[measure][law]") {
  // After 0 (or 1) the next one is 100 with a probability of at least 100^2 / (100^2 + 1).
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Cells cells = k_means(Bytes{0, 1, 100}, 1, 2, seed, 1, 1);  // one round cannot mend a bad start
    REQUIRE(std::abs(cells.centres[0] - cells.centres[1]) == 99.5f);
  }
}

TEST_CASE("there are no more cells than different images, and an image alone is a cell", "[measure]") {
  REQUIRE(k_means(Bytes(12, 7), 3, 5).centres == std::vector<float>{7, 7, 7});
  REQUIRE(k_means(Bytes{4, 4, 9, 9, 9}, 1, 5).centres.size() == 2);
  REQUIRE(k_means(Bytes{1, 2, 3}, 3, 10).centres == std::vector<float>{1, 2, 3});
  REQUIRE(cell_of({}, {1, {5}}).empty());
}

TEST_CASE("a cell that loses its images keeps its centre", "[measure]") {
  // Found by trying many sets: the fifth cell is empty after some step.
  const Bytes images{206, 38, 212, 221, 130, 95, 229, 63, 8, 200, 246, 49, 216, 147, 49, 66};
  const Cells cells = k_means(images, 2, 5, 80'073);
  REQUIRE(cells.centres.size() == 5 * 2);
  for (const float c : cells.centres) REQUIRE(std::isfinite(c));
  const auto cell = cell_of(images, cells);
  REQUIRE(std::set<std::int64_t>(cell.begin(), cell.end()).size() == 4);
}

TEST_CASE("cells refuse what they cannot divide", "[measure][bad]") {
  const Bytes six(6);
  REQUIRE(says(complaint([&] { k_means({}, 3, 2); }), "k_means", {"no training image"}));
  REQUIRE(says(complaint([&] { k_means(six, 3, 0); }), "k_means", {"0 cells and 100 rounds"}));
  REQUIRE(says(complaint([&] { k_means(six, 3, 2, 0, 1, 0); }), "k_means", {"2 cells and 0 rounds"}));
  REQUIRE(says(complaint([&] { k_means(six, 4, 2); }), "k_means", {"6 values"}));
  REQUIRE(says(complaint([&] { cell_of(six, {3, {}}); }), "cell_of", {"no cells"}));
  REQUIRE(says(complaint([&] { cell_of(six, {4, {0, 0, 0, 0}}); }), "cell_of", {"6 query and 4 training"}));
}
