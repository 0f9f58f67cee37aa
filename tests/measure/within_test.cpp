// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/within.hpp>

#include <limits>
#include <set>
#include <stdexcept>

using namespace diffmem;
using brute::Bytes, brute::noise;
using kernels::ByteDots, kernels::byte_dots_here;

namespace {

using Pairs = std::multiset<std::pair<std::int64_t, std::int64_t>>;

/// The pairs visited; every share writes to a set of its own.
Pairs visited(const Bytes& queries, const Bytes& training, std::int64_t size, const std::vector<std::int64_t>& radii,
              int threads, ByteDots way) {
  std::vector<Pairs> shares(static_cast<std::size_t>(std::max(threads, 1)));
  within(
      queries, training, size, radii,
      [&](int share, std::int64_t q, std::int64_t t) { shares.at(static_cast<std::size_t>(share)).emplace(q, t); },
      threads, way);
  Pairs all;
  for (const Pairs& share : shares) all.insert(share.begin(), share.end());
  return all;
}

}  // namespace

TEST_CASE("within visits each pair of a closed ball once, at awkward sizes and in every way", "[measure][oracle]") {
  struct Case {
    std::size_t queries, training, size;
    std::uint64_t levels;
  };
  for (const auto& [queries, training, size, levels] :
       {Case{1, 1, 1, 2}, Case{37, 53, 2, 3}, Case{70, 33, 65, 2}, Case{33, 95, 31, 256}, Case{3, 40, 33'000, 2}}) {
    const Bytes q = noise(queries * size, 1, levels), t = noise(training * size, 2, levels);
    std::vector<std::int64_t> radii;
    Pairs expected;
    for (std::size_t i = 0; i < queries; ++i) {
      // The radius is some image's own distance, or one less, so that the border counts.
      radii.push_back(brute::squared_distance(q, i, t, i * 7 % training, size) - static_cast<std::int64_t>(i % 2));
      for (std::size_t j = 0; j < training; ++j)
        if (brute::squared_distance(q, i, t, j, size) <= radii[i]) expected.emplace(i, j);
    }
    REQUIRE_FALSE(expected.empty());
    const auto d = static_cast<std::int64_t>(size);
    for (const int threads : {0, 1, 3}) REQUIRE(visited(q, t, d, radii, threads, byte_dots_here().back()) == expected);
    for (const ByteDots way : byte_dots_here()) REQUIRE(visited(q, t, d, radii, 1, way) == expected);
  }
}

TEST_CASE("the smallest and largest radii hold no image, copies and all images", "[measure]") {
  const Bytes t{0, 10, 10, 255}, q{10};
  using Limits = std::numeric_limits<std::int64_t>;
  for (const ByteDots way : byte_dots_here()) {
    REQUIRE(visited(q, t, 1, {Limits::min()}, 1, way).empty());
    REQUIRE(visited(q, t, 1, {-1}, 1, way).empty());
    REQUIRE(visited(q, t, 1, {0}, 1, way) == Pairs{{0, 1}, {0, 2}});
    REQUIRE(visited(q, t, 1, {Limits::max()}, 1, way).size() == 4);
  }
}

TEST_CASE("no images give no pairs", "[measure]") {
  const ByteDots way = byte_dots_here().back();
  REQUIRE(visited({}, Bytes(6), 3, {}, 2, way).empty());
  REQUIRE(visited(Bytes(6), {}, 3, {9, 9}, 2, way).empty());
}

TEST_CASE("what a visitor throws comes back, from any thread", "[measure][bad]") {
  const Bytes images(500 * 3);
  const std::vector<std::int64_t> radii(500);
  for (const int threads : {1, 3})
    REQUIRE_THROWS_WITH(within(
                            images, images, 3, radii,
                            [](int, std::int64_t q, std::int64_t) {
                              if (q > 400) throw std::runtime_error("enough");
                            },
                            threads),
                        "enough");
}

TEST_CASE("a kernel is stopped whatever is thrown while it is in use", "[kernels][bad]") {
  static int open = 0;
  kernels::ByteKernel kernel = kernels::byte_kernel(ByteDots::plain);
  kernel.start = [] { ++open; }, kernel.stop = [] { --open; };
  try {
    const kernels::ByteKernel::Use use(kernel);
    REQUIRE(open == 1);
    throw std::runtime_error("enough");
  } catch (const std::runtime_error&) {}
  REQUIRE(open == 0);
}

TEST_CASE("within refuses sizes that do not fit", "[measure][bad]") {
  const Bytes six(6), seven(7);
  const std::vector<std::int64_t> two(2), three(3);
  const VisitPair ignore = [](int, std::int64_t, std::int64_t) {};
  REQUIRE(says(complaint([&] { within(six, six, 3, three, ignore); }), "within", {"3 radii for 2 queries"}));
  REQUIRE(says(complaint([&] { within(six, seven, 3, two, ignore); }), "within", {"6 query and 7 training values"}));
  REQUIRE(says(complaint([&] { within(six, six, 0, two, ignore); }), "within", {"image size 0"}));
}
