// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/data/image_set.hpp>

using namespace diffmem;

namespace {

/// Three images of 2x1x2 values, with labels and captions.
ImageSet tiny() {
  return {.name = "tiny",
          .count = 3,
          .channels = 2,
          .height = 1,
          .width = 2,
          .pixels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
          .labels = {1, 0, 1},
          .classes = 2,
          .captions = {"one", "two", "three"},
          .class_names = {"cat", "dog"}};
}

}  // namespace

TEST_CASE("a selection holds the chosen images in the chosen order", "[data]") {
  const std::vector<std::int64_t> indices{2, 0, 2};
  const ImageSet chosen = select(tiny(), indices);
  chosen.validate();
  REQUIRE(chosen.count == 3);
  REQUIRE(chosen.pixels == std::vector<std::uint8_t>{8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11});
  REQUIRE(chosen.labels == std::vector<std::int64_t>{1, 1, 1});
  REQUIRE(chosen.classes == 2);
  REQUIRE(chosen.captions == std::vector<std::string>{"three", "one", "three"});
  REQUIRE(chosen.class_names == tiny().class_names);
  REQUIRE(chosen.image(1)[3] == 3);
}

TEST_CASE("a digest names the content: every pixel, label and side, but no name and no caption", "[data][law]") {
  const std::string base = tiny().digest();
  ImageSet other = tiny();
  other.name = "renamed", other.captions[1] = "2", other.class_names.clear();
  REQUIRE(other.digest() == base);
  for (std::size_t i = 0; i < other.pixels.size(); ++i) {
    other = tiny();
    ++other.pixels[i];
    REQUIRE(other.digest() != base);
  }
  other = tiny();
  other.labels[1] = 1;
  REQUIRE(other.digest() != base);
  other = tiny();
  std::swap(other.height, other.width);
  REQUIRE(other.digest() != base);
}

TEST_CASE("a grey set in colour repeats its plane", "[data]") {
  const ImageSet grey{.name = "g",
                      .count = 2,
                      .channels = 1,
                      .height = 1,
                      .width = 2,
                      .pixels = {1, 2, 3, 4},
                      .labels = {},
                      .captions = {"a", "b"}};
  const ImageSet set = in_colour(grey);
  set.validate();
  REQUIRE(set.channels == 3);
  REQUIRE(set.pixels == std::vector<std::uint8_t>{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
  REQUIRE(set.captions == grey.captions);
  REQUIRE(in_colour(set).pixels == set.pixels);
}

TEST_CASE("an inconsistent image set is refused", "[data][bad]") {
  const auto broken = [](auto&& change) {
    ImageSet set = tiny();
    change(set);
    return complaint([&] { set.validate("reader"); });
  };
  REQUIRE(broken([](auto&) {}).empty());
  REQUIRE(says(broken([](auto& s) { s.count = 0; }), "reader", {"[0,2,1,2]", "positive", "\"tiny\""}));
  REQUIRE(says(broken([](auto& s) { s.pixels.pop_back(); }), "reader", {"11 pixel values", "12 = 3*2*1*2"}));
  REQUIRE(says(broken([](auto& s) { s.labels.pop_back(); }), "reader", {"2 labels", "3 labels"}));
  REQUIRE(says(broken([](auto& s) { s.labels[2] = 2; }), "reader", {"label 2 of image 2", "0 to 1"}));
  REQUIRE(says(broken([](auto& s) { s.labels[0] = -1; }), "reader", {"label -1 of image 0"}));
  REQUIRE(says(broken([](auto& s) { s.captions.pop_back(); }), "reader", {"2 captions", "3 captions"}));
  REQUIRE(says(broken([](auto& s) { s.class_names.pop_back(); }), "reader", {"1 class names", "2, one a class"}));
  REQUIRE(says(broken([](auto& s) { s.labels.clear(); }), "reader", {"2 classes and 0 labels"}));
  REQUIRE(says(complaint([] { tiny().image(3); }), "image set", {"index 3", "0 to 2", "\"tiny\""}));
  REQUIRE(says(complaint([] { select(tiny(), std::vector<std::int64_t>{0, -1}); }), "image set", {"index -1"}));
}
