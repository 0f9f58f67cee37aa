// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/duplicates.hpp>

using namespace diffmem;
using brute::Bytes, brute::noise;
using Groups = std::vector<std::vector<std::int64_t>>;

namespace {

/// Groups of images joined by any chain of pairs below `bound` (squared distance), by relabelling until nothing changes.
Groups by_chains(const Bytes& images, std::size_t size, double bound) {
  const std::size_t n = images.size() / size;
  std::vector<std::size_t> label(n);
  for (std::size_t i = 0; i < n; ++i) label[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (label[j] < label[i] && static_cast<double>(brute::squared_distance(images, i, images, j, size)) < bound)
          label[i] = label[j], changed = true;
  }
  Groups all(n), groups;
  for (std::size_t i = 0; i < n; ++i) all[label[i]].push_back(static_cast<std::int64_t>(i));
  for (auto& g : all)
    if (g.size() > 1) groups.push_back(g);
  return groups;
}

}  // namespace

TEST_CASE("equal images are grouped in order, and one of each group is kept", "[measure][oracle]") {
  const Bytes images{1, 2, 9, 9, 1, 2, 1, 3, 9, 9, 1, 2};
  const Duplicates found = exact_duplicates(images, 2);
  REQUIRE(found.images == 6);
  REQUIRE(found.groups == Groups{{0, 2, 5}, {1, 4}});
  REQUIRE(kept_images(found) == std::vector<std::int64_t>{0, 1, 3});

  const Bytes many = noise(200 * 3, 1, 4);  // 64 different images at most
  REQUIRE(exact_duplicates(many, 3).groups == by_chains(many, 3, 0.5));
  REQUIRE(exact_duplicates(Bytes(8, 0), 1).groups == Groups{{0, 1, 2, 3, 4, 5, 6, 7}});
}

TEST_CASE("near images are grouped by chains, strictly below the distance", "[measure][oracle]") {
  const Bytes images{10, 200, 13, 16, 100};
  REQUIRE(near_duplicates(images, 1, 3).groups.empty());
  REQUIRE(near_duplicates(images, 1, 3.001).groups == Groups{{0, 2, 3}});
  REQUIRE(kept_images(near_duplicates(images, 1, 3.001)) == std::vector<std::int64_t>{0, 1, 4});
  REQUIRE(near_duplicates(images, 1, 1e9).groups == Groups{{0, 1, 2, 3, 4}});
  REQUIRE(near_duplicates(Bytes{10, 10, 12, 10}, 2, 1.42).groups == Groups{{0, 1}});  // rms = sqrt(2)
  REQUIRE(near_duplicates(Bytes{10, 10, 12, 10}, 2, 1.41).groups.empty());

  for (const std::size_t size : {1, 5}) {
    const Bytes many = noise(150 * size, 2, 256);
    for (const double rms : {0.4, 1.5, 30.0}) {
      const Groups expected = by_chains(many, size, rms * rms * static_cast<double>(size));
      for (const int threads : {1, 3})
        REQUIRE(near_duplicates(many, static_cast<std::int64_t>(size), rms, threads).groups == expected);
    }
  }
}

TEST_CASE("threads that see parts of a group find the whole", "[measure]") {
  // Ten prototypes by turns, each time one value further away: a chain from a group's first image to its last.
  constexpr std::size_t size = 3072, images = 3000;  // enough work for each thread to get some
  const Bytes prototypes = noise(10 * size, 1, 2);
  Bytes many;
  Groups expected(10);
  for (std::size_t i = 0; i < images; ++i) {
    many.insert(many.end(), prototypes.begin() + static_cast<std::ptrdiff_t>(i % 10 * size),
                prototypes.begin() + static_cast<std::ptrdiff_t>((i % 10 + 1) * size));
    for (std::size_t j = 0; j < i / 10; ++j) many[i * size + j] ^= 128;
    expected[i % 10].push_back(static_cast<std::int64_t>(i));
  }
  REQUIRE(near_duplicates(many, size, 2.4, 4).groups == expected);  // one value: 128 / sqrt(3072) = 2.31
}

TEST_CASE("a set rid of its duplicates has none, and equal images are the near ones of the least distance",
          "[measure][law]") {
  const Bytes many = noise(300 * 2, 3, 16);
  REQUIRE(near_duplicates(many, 2, 1e-3).groups == exact_duplicates(many, 2).groups);
  Bytes left;
  for (const auto i : kept_images(near_duplicates(many, 2, 20))) {
    left.push_back(many[static_cast<std::size_t>(2 * i)]);
    left.push_back(many[static_cast<std::size_t>(2 * i + 1)]);
  }
  REQUIRE(left.size() < many.size());
  REQUIRE(near_duplicates(left, 2, 20).groups.empty());
}

TEST_CASE("one image, or none, has no duplicates", "[measure]") {
  REQUIRE(exact_duplicates(Bytes(3), 3).groups.empty());
  REQUIRE(near_duplicates(Bytes(3), 3, 9).groups.empty());
  REQUIRE(kept_images(exact_duplicates(Bytes(3), 3)) == std::vector<std::int64_t>{0});
  REQUIRE(kept_images(exact_duplicates({}, 3)).empty());
  REQUIRE(kept_images(near_duplicates({}, 3, 1)).empty());
}

TEST_CASE("duplicates refuse what is no set of images", "[measure][bad]") {
  const Bytes seven(7);
  REQUIRE(says(complaint([&] { exact_duplicates(seven, 3); }), "exact_duplicates", {"7 values"}));
  REQUIRE(says(complaint([&] { exact_duplicates(seven, 0); }), "exact_duplicates", {"image size 0"}));
  REQUIRE(says(complaint([&] { near_duplicates(seven, 3, 1); }), "near_duplicates", {"7 values"}));
  REQUIRE(says(complaint([&] { near_duplicates(seven, 7, 0); }), "near_duplicates", {"distance of 0"}));
  REQUIRE(says(complaint([&] { near_duplicates(seven, 7, std::nan("")); }), "near_duplicates", {"distance of nan"}));
}
