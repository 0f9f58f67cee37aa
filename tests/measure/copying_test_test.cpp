// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/copying_test.hpp>
#include <diffmem/measure/mann_whitney.hpp>

using namespace diffmem;
using brute::Bytes;

TEST_CASE("C_T by hand: cells, their weights and those left out", "[measure][oracle]") {
  // Two cells, around 1 and 201.  Distances at 1: generated 0, 0, held out 3, 8, 4; at 201: generated 5, held out 1.
  const Bytes training{0, 2, 200, 202}, generated{0, 2, 207}, held_out{5, 10, 6, 199};
  const CopyingTest all = copying_test(generated, held_out, training, 1, {.cells = 2, .generated = 1});
  REQUIRE(all.cells.size() == 2);
  const std::size_t low = all.cells[0].held_out == 3 ? 0 : 1;
  REQUIRE(all.cells[low].generated == 2);
  REQUIRE(all.cells[low].held_out == 3);
  REQUIRE(all.cells[1 - low].generated == 1);
  REQUIRE(all.cells[1 - low].held_out == 1);
  const std::vector<std::int64_t> near{0, 0}, far{9, 64, 16};
  REQUIRE(all.cells[low].z == mann_whitney(near, far));
  REQUIRE(all.cells[1 - low].z == 1);
  REQUIRE(std::abs(all.c_t - (3 * mann_whitney(near, far) + 1) / 4) < 1e-12);

  const CopyingTest one = copying_test(generated, held_out, training, 1, {.cells = 2, .generated = 2});
  REQUIRE(one.cells[low].counted);
  REQUIRE_FALSE(one.cells[1 - low].counted);
  REQUIRE(std::abs(one.c_t - mann_whitney(near, far)) < 1e-12);
}

TEST_CASE("C_T is negative for copies, about 0 for fresh draws, positive for what is far off", "[measure][law]") {
  constexpr std::size_t size = 12;
  const Bytes training = brute::clusters(300, size, 1), held_out = brute::clusters(300, size, 2);
  const CopyingParams params{.cells = 3};
  Bytes copies = training;
  for (std::size_t i = 0; i < copies.size(); i += size) copies[i] ^= 1;
  REQUIRE(copying_test(copies, held_out, training, size, params).c_t < -8);
  REQUIRE(copying_test(brute::noise(300 * size, 7, 256), held_out, training, size, params).c_t > 4);
  double sum = 0;
  for (std::uint64_t seed = 10; seed < 30; ++seed)
    sum += copying_test(brute::clusters(300, size, seed), brute::clusters(300, size, 100 + seed), training, size,
                        params, 2)
               .c_t;
  REQUIRE(std::abs(sum / 20) < 0.5);  // a mean of 20 with deviations of about 1 / sqrt(3)
}

TEST_CASE("a model that copies in one cell and misses in another is caught by cells alone", "[measure][law]") {
  // Around 50 it copies, around 200 it is further away than held-out images: over both, neither.
  Bytes training, held_out, generated;
  for (int i = 0; i < 40; ++i) {
    const auto at = [&](int v) { return static_cast<std::uint8_t>(v); };
    training.insert(training.end(), {at(40 + i % 5), at(50), at(190 + i % 5), at(200)});
    held_out.insert(held_out.end(), {at(40 + i % 5), at(53), at(190 + i % 5), at(203)});
    generated.insert(generated.end(), {at(40 + i % 5), at(50), at(190 + i % 5), at(206)});
  }
  const CopyingTest whole = copying_test(generated, held_out, training, 2, {.cells = 1});
  const CopyingTest cells = copying_test(generated, held_out, training, 2, {.cells = 2});
  REQUIRE(whole.cells.size() == 1);
  REQUIRE(whole.c_t == whole.cells[0].z);
  REQUIRE(std::abs(whole.c_t) < 1e-12);
  REQUIRE(std::min(cells.cells[0].z, cells.cells[1].z) < -7);
  REQUIRE(std::max(cells.cells[0].z, cells.cells[1].z) > 7);
}

TEST_CASE("copying_test refuses what it cannot test", "[measure][bad]") {
  const Bytes six(6);
  REQUIRE(says(complaint([&] { copying_test({}, six, six, 3); }), "copying_test", {"no generated image"}));
  REQUIRE(says(complaint([&] { copying_test(six, {}, six, 3); }), "copying_test", {"no held-out image"}));
  REQUIRE(says(complaint([&] { copying_test(six, six, {}, 3); }), "copying_test", {"no training image"}));
  REQUIRE(says(complaint([&] { copying_test(six, six, six, 3); }), "copying_test",
               {"no cell of 1 with a held-out image and 20 generated ones"}));
  REQUIRE(says(complaint([&] { copying_test(six, six, six, 3, {.cells = 0}); }), "k_means", {"0 cells"}));
  REQUIRE(says(complaint([&] { copying_test(six, Bytes(7), six, 3); }), "nearest", {"7 query"}));
}
