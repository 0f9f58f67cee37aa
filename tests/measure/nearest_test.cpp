// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/nearest.hpp>

using namespace diffmem;
using brute::Bytes, brute::by_sorting, brute::noise;
using kernels::ByteDots, kernels::byte_dots_here;

namespace {

void require_same(const Neighbours& found, const Neighbours& expected) {
  REQUIRE(found.k == expected.k);
  REQUIRE(found.index == expected.index);
  REQUIRE(found.squared == expected.squared);
}

}  // namespace

TEST_CASE("nearest equals sorting all distances, at awkward sizes, ties and thread counts, in every way",
          "[measure][oracle]") {
  struct Case {
    std::size_t queries, training, size, k;
    std::uint64_t levels;
  };
  for (const auto& [queries, training, size, k, levels] :
       {Case{1, 1, 1, 1, 2}, Case{37, 53, 1, 53, 2}, Case{17, 301, 13, 6, 3}, Case{33, 97, 31, 2, 2},
        Case{1, 2, 3, 2, 256}, Case{32, 31, 3, 31, 256}, Case{65, 1009, 65, 2, 2}, Case{3, 1009, 3, 64, 4},
        Case{5, 700, 784, 3, 256}, Case{19, 211, 3071, 2, 256}, Case{67, 64, 3072, 1, 256}, Case{2, 33, 512, 5, 2},
        Case{1100, 40, 513, 3, 256}, Case{2, 9, 32'768, 4, 256}, Case{2, 9, 32'769, 4, 256}, Case{2, 9, 40'001, 4, 256},
        Case{3, 3, 300'000, 2, 2}}) {
    const Bytes q = noise(queries * size, 1, levels), t = noise(training * size, 2, levels);
    const Neighbours expected = by_sorting(q, t, size, k);
    const auto d = static_cast<std::int64_t>(size), each = static_cast<std::int64_t>(k);
    for (const int threads : {0, 2, 7, 64}) require_same(nearest(q, t, d, each, threads), expected);
    for (const ByteDots way : byte_dots_here()) require_same(nearest(q, t, d, each, 1, way), expected);
  }
}

TEST_CASE("an image is not its own neighbour, its copy is", "[measure][oracle]") {
  struct Case {
    std::size_t images, size, k;
    std::uint64_t levels;
  };
  for (const auto& [images, size, k, levels] :
       {Case{2, 3, 1, 256}, Case{90, 2, 89, 2}, Case{350, 65, 2, 256}, Case{40, 33'000, 3, 2}}) {
    Bytes all = noise(images * size, 3, levels);
    std::copy_n(all.begin(), size, all.end() - static_cast<std::ptrdiff_t>(size));
    const Neighbours expected = by_sorting(all, all, size, k, true);
    REQUIRE(expected.squared[0] == 0);  // the last image is the first one's copy
    const auto d = static_cast<std::int64_t>(size), each = static_cast<std::int64_t>(k);
    for (const int threads : {1, 3}) require_same(nearest_others(all, d, each, threads), expected);
    for (const ByteDots way : byte_dots_here()) require_same(nearest_others(all, d, each, 1, way), expected);
  }
}

TEST_CASE("among equal images the first ones are nearest", "[measure]") {
  for (const ByteDots way : byte_dots_here()) {
    const Bytes same(100 * 5, 200);
    REQUIRE(nearest(Bytes(5, 200), same, 5, 3, 1, way).index == std::vector<std::int64_t>{0, 1, 2});
    REQUIRE(nearest(Bytes(5, 7), same, 5, 3, 1, way).index == std::vector<std::int64_t>{0, 1, 2});
    REQUIRE(nearest(Bytes(5, 7), same, 5, 1, 1, way).squared == std::vector<std::int64_t>{5 * 193 * 193});
    const Neighbours others = nearest_others(same, 5, 2, 1, way);
    REQUIRE(others.index[0] == 1);
    REQUIRE(others.index[1] == 2);
    REQUIRE(others.index[2] == 0);
    REQUIRE(others.index[3] == 2);
    REQUIRE(others.index[198] == 0);
    REQUIRE(others.index[199] == 1);
  }
}

TEST_CASE("the largest distance there is does not overflow", "[measure]") {
  for (const std::int64_t size : {32'767, 32'768, 32'769, 33'025, 33'026, 3 * 1024 * 1024}) {
    const Bytes black(static_cast<std::size_t>(size), 0), white(static_cast<std::size_t>(size), 255);
    for (const ByteDots way : byte_dots_here()) {
      if (way == ByteDots::plain && size > 40'000) continue;  // a minute
      REQUIRE(nearest(black, white, size, 1, 1, way).squared == std::vector<std::int64_t>{size * 255 * 255});
      REQUIRE(nearest(white, black, size, 1, 1, way).squared == std::vector<std::int64_t>{size * 255 * 255});
      REQUIRE(nearest(white, white, size, 1, 1, way).squared == std::vector<std::int64_t>{0});
    }
  }
}

TEST_CASE("neighbours do not depend on where in memory the images lie", "[measure]") {
  const Bytes q = noise(40 * 100 + 3, 1, 256), t = noise(70 * 100 + 3, 2, 256);
  const auto at = [](const Bytes& b, std::size_t shift) { return std::span(b).subspan(shift, b.size() - 3); };
  for (const std::size_t shift : {1, 2, 3}) {
    const Bytes q0(at(q, shift).begin(), at(q, shift).end()), t0(at(t, shift).begin(), at(t, shift).end());
    for (const ByteDots way : byte_dots_here())
      require_same(nearest(at(q, shift), at(t, shift), 100, 3, 1, way), by_sorting(q0, t0, 100, 3));
  }
}

TEST_CASE("no queries have no neighbours", "[measure]") {
  const Neighbours found = nearest({}, Bytes(6), 3, 2, 4);
  REQUIRE(found.index.empty());
  REQUIRE(found.squared.empty());
}

TEST_CASE("nearest refuses sizes that do not fit", "[measure][bad]") {
  const Bytes six(6), twelve(12);
  REQUIRE(says(complaint([&] { nearest(six, twelve, 3, 5); }), "nearest",
               {"k = 5", "1 to the 4 training images", "fewer"}));
  REQUIRE(says(complaint([&] { nearest(six, twelve, 3, 0); }), "nearest", {"k = 0"}));
  REQUIRE(says(complaint([&] { nearest(six, {}, 3, 1); }), "nearest", {"k = 1", "the 0 training images"}));
  REQUIRE(says(complaint([&] { nearest(six, twelve, 4, 1); }), "nearest",
               {"6 query and 12 training values", "multiples of the image size 4"}));
  REQUIRE(says(complaint([&] { nearest(six, twelve, 0, 1); }), "nearest", {"image size 0"}));
  REQUIRE(
      says(complaint([&] { nearest_others(twelve, 3, 4); }), "nearest_others", {"k = 4", "1 to the 3 other images"}));
  REQUIRE(says(complaint([&] { nearest_others(Bytes{}, 3, 1); }), "nearest_others", {"k = 1", "the 0 other images"}));
}
