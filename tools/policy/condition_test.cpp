// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "condition/laws.hpp"
#include "train/laws.hpp"

#include <diffmem/condition/mine.hpp>

using namespace diffmem;

TEST_CASE("condition mine: the laws of a conditioning", "[condition][law]") {
  laws::lists_its_parameters<MineLabels>();
  laws::one_label_an_image_or_none(MineLabels{});
}

TEST_CASE("condition mine: trains and samples", "[condition][train]") {
  const with<tiny::Base, MineLabels> design;
  laws::trains_and_samples(design);
}

// TODO: the laws of your labels in place of these ones'.
TEST_CASE("condition mine: labels go round", "[condition]") {
  const auto labels = MineLabels{.classes = 3}.training_labels(laws::images(7), 1);
  REQUIRE(labels == std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 0});
  REQUIRE(label_dim(labels) == 3);
}

TEST_CASE("condition mine: numbers out of range are refused", "[condition]") {
  const MineLabels bad{.classes = 0};
  const std::string text = complaint([&] { bad.training_labels(laws::images(3), 1); });
  REQUIRE(says(text, "condition mine", {"0 classes", "1 or more"}));
}
