// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/calibrated.hpp>

using namespace diffmem;
using brute::Bytes, brute::noise;

TEST_CASE("calibrated distances by hand and by sorting", "[measure][oracle]") {
  // 10 is 1, 2 and 10 away from its three nearest: 1 / (0.5 * 13/3).
  const Calibrated hand = calibrated_distances(Bytes{10}, Bytes{0, 200, 12, 9}, 1, 0.5, 3);
  REQUIRE(hand.nearest == std::vector<std::int64_t>{3});
  REQUIRE(std::abs(hand.distances[0] - 6.0 / 13) < 1e-12);

  constexpr std::size_t size = 13, k = 50;
  const Bytes q = noise(37 * size, 1, 3), t = noise(91 * size, 2, 3);
  const Neighbours sorted = brute::by_sorting(q, t, size, k);
  const Calibrated found = calibrated_distances(q, t, size);
  REQUIRE(found.distances.size() == 37);
  for (std::size_t i = 0; i < 37; ++i) {
    double mean = 0;
    for (std::size_t j = 0; j < k; ++j) mean += std::sqrt(static_cast<double>(sorted.squared[i * k + j])) / k;
    REQUIRE(found.nearest[i] == sorted.index[i * k]);
    REQUIRE(std::abs(found.distances[i] - std::sqrt(static_cast<double>(sorted.squared[i * k])) / (0.5 * mean)) <
            1e-12);
  }
  const Calibrated threads = calibrated_distances(q, t, size, 0.5, 50, 3);
  REQUIRE(threads.distances == found.distances);
}

TEST_CASE("a copy is at 0; amid equal distances, 0 among them, an image is at 1/a", "[measure][law]") {
  const Bytes t{1, 50, 90, 200};
  REQUIRE(calibrated_distances(t, t, 1, 0.5, 4).distances == std::vector<double>(4, 0.0));
  REQUIRE(calibrated_distances(Bytes{7}, Bytes(6, 7), 1, 0.5, 6).distances == std::vector<double>{2});
  REQUIRE(calibrated_distances(Bytes{7}, Bytes(6, 8), 1, 0.25, 6).distances == std::vector<double>{4});
}

TEST_CASE("calibrated_distances refuses what it cannot measure", "[measure][bad]") {
  const Bytes six(6), twelve(12);
  REQUIRE(says(complaint([&] { calibrated_distances({}, six, 3, 0.5, 1); }), "calibrated_distances",
               {"no generated image"}));
  REQUIRE(says(complaint([&] { calibrated_distances(six, twelve, 3); }), "nearest", {"k = 50", "the 4 training"}));
  REQUIRE(says(complaint([&] { calibrated_distances(six, {}, 3, 0.5, 1); }), "nearest", {"k = 1", "the 0 training"}));
  REQUIRE(says(complaint([&] { calibrated_distances(six, twelve, 4, 0.5, 1); }), "nearest", {"6 query"}));
  REQUIRE(says(complaint([&] { calibrated_distances(six, six, 3, 0.0, 1); }), "calibrated_distances", {"a = 0"}));
  REQUIRE(says(complaint([&] { calibrated_distances(six, six, 3, std::nan(""), 1); }), "calibrated_distances",
               {"a = nan"}));
}
