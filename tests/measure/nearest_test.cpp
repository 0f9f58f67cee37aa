// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/nearest.hpp>

#include <algorithm>

using namespace diffmem;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Random values; few levels make many equal distances.
Bytes noise(std::size_t size, std::uint64_t seed, std::uint64_t levels) {
  Bytes values(size);
  RandomStream random(seed, Stream::subset);
  for (auto& v : values) v = static_cast<std::uint8_t>(random.below(levels) * (255 / (levels - 1)));
  return values;
}

/// All distances, sorted: nearest() by its definition.
Neighbours by_sorting(const Bytes& queries, const Bytes& training, std::size_t size, std::size_t k) {
  Neighbours all;
  all.k = static_cast<std::int64_t>(k);
  for (std::size_t q = 0; q < queries.size(); q += size) {
    std::vector<std::pair<std::int64_t, std::int64_t>> list;
    for (std::size_t t = 0; t < training.size() / size; ++t) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const std::int64_t d = std::int64_t{queries[q + i]} - training[t * size + i];
        sum += d * d;
      }
      list.emplace_back(sum, static_cast<std::int64_t>(t));
    }
    std::sort(list.begin(), list.end());
    for (std::size_t j = 0; j < k; ++j) {
      all.squared.push_back(list[j].first);
      all.index.push_back(list[j].second);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("nearest equals sorting all distances, at awkward sizes, ties and thread counts", "[measure][oracle]") {
  struct Case {
    std::size_t queries, training, size, k;
    std::uint64_t levels;
  };
  for (const auto& [queries, training, size, k, levels] :
       {Case{1, 1, 1, 1, 2}, Case{37, 53, 1, 53, 2}, Case{17, 301, 13, 6, 3}, Case{33, 97, 31, 2, 2},
        Case{5, 700, 784, 3, 256}, Case{19, 211, 3071, 2, 256}, Case{2, 9, 40'001, 4, 256},
        Case{3, 3, 300'000, 2, 2}}) {
    const Bytes q = noise(queries * size, 1, levels), t = noise(training * size, 2, levels);
    const Neighbours expected = by_sorting(q, t, size, k);
    for (const int threads : {0, 1, 2, 7, 64}) {
      const Neighbours found = nearest(q, t, static_cast<std::int64_t>(size), static_cast<std::int64_t>(k), threads);
      REQUIRE(found.k == expected.k);
      REQUIRE(found.index == expected.index);
      REQUIRE(found.squared == expected.squared);
    }
  }
}

TEST_CASE("the largest distance there is does not overflow", "[measure]") {
  for (const std::int64_t size : {32'767, 32'768, 32'769, 3 * 1024 * 1024}) {
    const Bytes black(static_cast<std::size_t>(size), 0), white(static_cast<std::size_t>(size), 255);
    REQUIRE(nearest(black, white, size, 1).squared == std::vector<std::int64_t>{size * 255 * 255});
    REQUIRE(nearest(white, black, size, 1).squared == std::vector<std::int64_t>{size * 255 * 255});
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
}
