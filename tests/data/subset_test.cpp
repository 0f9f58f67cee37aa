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

TEST_CASE("random subsets are nested, without repeats, whatever the classes", "[data][law]") {
  ImageSet set = labelled(200, 2);
  set.labels.assign(200, 0), set.labels[7] = 1;  // no balanced subset of 4
  const Indices all = random_subset(set, 200, 5);
  REQUIRE(std::set<std::int64_t>(all.begin(), all.end()).size() == 200);
  for (const std::int64_t size : {1, 4, 199}) {
    const Indices some = random_subset(set, size, 5);
    REQUIRE(some == Indices(all.begin(), all.begin() + size));
    REQUIRE(some != random_subset(set, size, 6));
  }
  REQUIRE(says(complaint([&] { random_subset(set, 201, 5); }), "subset", {"size 201", "1 to the 200 images"}));
  REQUIRE(says(complaint([&] { balanced_subset(set, 4, 5); }), "subset", {"data.subset=random"}));
}

TEST_CASE("the first classes alone, and of each as many, of the last the rest", "[data]") {
  ImageSet set = labelled(12, 4);
  set.labels = {2, 0, 3, 1, 0, 2, 1, 0, 3, 1, 2, 0};
  REQUIRE(first_of_first_classes(set, 5, 2) == Indices{1, 4, 3, 6, 9});
  REQUIRE(first_of_first_classes(set, 2, 1) == Indices{1, 4});
  REQUIRE(first_of_first_classes(set, 8, 4) == first_of_each_class(set, 8));
  const ImageSet two = first_classes(set, 2);
  two.validate();
  REQUIRE(two.name == "round, 2 classes");
  REQUIRE(two.classes == 2);
  REQUIRE(two.labels == Indices{0, 1, 0, 1, 0, 1, 0});
  REQUIRE(first_classes(set, 4).digest() == set.digest());
  set.class_names = {"a", "b", "c", "d"};
  REQUIRE(first_classes(set, 2).class_names == std::vector<std::string>{"a", "b"});
  REQUIRE(says(complaint([&] { first_classes(set, 5); }), "subset", {"5 classes", "1 to the 4 classes"}));
  REQUIRE(says(complaint([&] { first_classes(set, 0); }), "subset", {"0 classes"}));
  REQUIRE(says(complaint([&] { first_of_first_classes(set, 7, 2); }), "subset", {"3 images of class 1", "4 of each"}));
  REQUIRE(says(complaint([&] { first_classes(labelled(4, 0), 1); }), "subset", {"without labels"}));
}

TEST_CASE("a blend truncates as the reference does", "[data][oracle]") {
  for (const auto& [size, of_base] : {std::pair(500, 99), {1000, 199}, {2000, 399}}) {  // edm.md section 8
    REQUIRE(blend_share(size, 0.8) == of_base);
    REQUIRE(blend_share(size, 0) == size);
    REQUIRE(blend_share(size, 1) == 0);
    REQUIRE(blend_share(size, 0.5) == size / 2);
  }
  ImageSet base = labelled(5, 5), other = labelled(5, 0);
  base.pixels = {1, 2, 3, 4, 5}, other.pixels = {11, 12, 13, 14, 15}, other.name = "dogs";
  const ImageSet mixed = blend(base, other, 5, 0.8);
  mixed.validate();
  REQUIRE(mixed.name == "round + 0.8 of dogs");
  REQUIRE(mixed.pixels == std::vector<std::uint8_t>{11, 12, 13, 14, 15});
  REQUIRE(blend(base, other, 4, 0.5).pixels == std::vector<std::uint8_t>{1, 2, 11, 12});
  REQUIRE(blend(base, other, 4, 0.5).labels == Indices{0, 0, 0, 0});
  REQUIRE(blend(base, ImageSet{}, 4, 0).pixels == std::vector<std::uint8_t>{1, 2, 3, 4});
  REQUIRE(blend(ImageSet{}, other, 4, 1).pixels == std::vector<std::uint8_t>{11, 12, 13, 14});
  base.class_names = {"a", "b", "c", "d", "e"}, base.captions = {"1", "2", "3", "4", "5"};
  blend(base, other, 4, 0.5).validate();
  REQUIRE(blend(base, other, 4, 0.5).captions.empty());  // half of them have none
  REQUIRE(blend(base, other, 2, 0).captions == std::vector<std::string>{"1", "2"});
  other.captions = {"i", "ii", "iii", "iv", "v"};
  REQUIRE(blend(base, other, 4, 0.5).captions == std::vector<std::string>{"1", "2", "i", "ii"});
  REQUIRE(says(complaint([&] { blend(base, other, 6, 1); }), "blend", {"5 images of \"dogs\"", "6 or more"}));
  REQUIRE(says(complaint([&] { blend(base, other, 6, 0); }), "blend", {"5 images of \"round\""}));
  REQUIRE(says(complaint([&] { blend(base, other, 4, 1.5); }), "blend", {"1.5", "0 to 1"}));
  REQUIRE(says(complaint([&] { blend(base, other, 0, 0.5); }), "blend", {"size 0"}));
  other.channels = 3, other.pixels.resize(15);
  REQUIRE(says(complaint([&] { blend(base, other, 4, 0.5); }), "blend", {"[1,1,1]", "[3,1,1]", "one shape"}));
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
