// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/data/subset.hpp>

#include <algorithm>
#include <set>

using namespace diffmem;

namespace {

/// `count` one-pixel images whose labels go round 0 ... classes-1 (none if classes is 0).
ImageSet labelled(std::int64_t count, std::int64_t classes) {
  ImageSet set{.name = "round",
               .count = count,
               .channels = 1,
               .height = 1,
               .width = 1,
               .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(count)),
               .labels = {},
               .classes = classes};
  if (classes > 0)
    for (std::int64_t i = 0; i < count; ++i) set.labels.push_back(i % classes);
  return set;
}

using Indices = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("subsets are balanced, nested, without repeats, in order of class", "[data][law]") {
  for (const std::int64_t classes : {0, 1, 3, 10}) {
    const ImageSet set = labelled(210, classes);
    std::set<std::int64_t> smaller;
    for (std::int64_t size = 1; size <= 210; ++size) {
      const Indices chosen = balanced_subset(set, size, 7);
      const std::set<std::int64_t> unique(chosen.begin(), chosen.end());
      REQUIRE(static_cast<std::int64_t>(unique.size()) == size);
      REQUIRE(*unique.begin() >= 0);
      REQUIRE(*unique.rbegin() < 210);
      REQUIRE(std::includes(unique.begin(), unique.end(), smaller.begin(), smaller.end()));
      smaller = unique;
      if (classes == 0) continue;
      Indices count(static_cast<std::size_t>(classes));
      for (const auto i : chosen) ++count[static_cast<std::size_t>(i % classes)];
      for (std::int64_t c = 0; c < classes; ++c)
        REQUIRE(count[static_cast<std::size_t>(c)] == size / classes + (c < size % classes));
      REQUIRE(std::is_sorted(chosen.begin(), chosen.end(), [&](auto a, auto b) { return a % classes < b % classes; }));
    }
  }
}

TEST_CASE("a subset is a function of the seed", "[data][law]") {
  const ImageSet set = labelled(1000, 10);
  REQUIRE(balanced_subset(set, 100, 1) == balanced_subset(set, 100, 1));
  REQUIRE(balanced_subset(set, 100, 1) != balanced_subset(set, 100, 2));
  REQUIRE(balanced_subset(labelled(1000, 0), 100, 1) != balanced_subset(labelled(1000, 0), 100, 2));
}

TEST_CASE("the reference's rule takes the first of each class in file order", "[data]") {
  ImageSet set = labelled(6, 3);
  set.labels = {2, 0, 0, 1, 2, 1};
  REQUIRE(first_of_each_class(set, 3) == Indices{1, 3, 0});
  REQUIRE(first_of_each_class(set, 6) == Indices{1, 2, 3, 5, 0, 4});
}

TEST_CASE("of equal images the first is kept", "[data]") {
  ImageSet set{.name = "twins", .count = 5, .channels = 1, .height = 1, .width = 2, .pixels = {}, .labels = {}};
  set.pixels = {1, 2, 2, 1, 1, 2, 1, 3, 2, 1};
  REQUIRE(distinct_images(set) == Indices{0, 1, 3});
  REQUIRE(distinct_images(select(set, Indices{3, 1, 0})) == Indices{0, 1, 2});
}

TEST_CASE("subsets that cannot be are refused", "[data][bad]") {
  const ImageSet set = labelled(20, 10);
  const auto about = [&](std::int64_t size) { return complaint([&] { balanced_subset(set, size, 1); }); };
  REQUIRE(says(about(21), "subset", {"size 21", "1 to the 20 images of \"round\"", "bring more data"}));
  REQUIRE(says(about(0), "subset", {"size 0"}));
  REQUIRE(says(about(-1), "subset", {"size -1"}));
  ImageSet uneven = labelled(20, 2);
  uneven.labels.assign(20, 0);
  uneven.labels[3] = 1;
  REQUIRE(balanced_subset(uneven, 3, 1).size() == 3);
  REQUIRE(says(complaint([&] { balanced_subset(uneven, 4, 1); }), "subset",
               {"1 images of class 1", "2 of each class", "subset of 4"}));
  REQUIRE(says(complaint([&] { first_of_each_class(uneven, 4); }), "subset", {"1 images of class 1"}));
  REQUIRE(says(complaint([&] { first_of_each_class(set, 15); }), "subset",
               {"size 15", "multiple of the 10 classes", "take 10"}));
  REQUIRE(says(complaint([&] { first_of_each_class(set, 30); }), "subset", {"size 30", "20 images"}));
  REQUIRE(says(complaint([&] { first_of_each_class(labelled(5, 0), 5); }), "subset", {"without labels"}));
}
