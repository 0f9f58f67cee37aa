// SPDX-License-Identifier: MIT
// Part of new_policy.sh: the new policies, called fresh_<concept>, are in their menus and make a design that trains.
#include "train/laws.hpp"

#include <diffmem/train/menu.hpp>

#include <string>

using namespace diffmem;

TEST_CASE("each new word is the last of its menu, and the design of all six trains and samples", "[new_policy]") {
  AnyDesign design;
  AnyDesign::each(design, [](std::string_view concept_word, auto& menu) {
    const std::string word = "fresh_" + std::string(concept_word);
    REQUIRE(menu.words().back() == word);
    menu.choose(word);
  });
  REQUIRE(design.slug() == "fresh_schedule-fresh_embedding-fresh_family-fresh_skip-fresh_condition-fresh_sampler");
  laws::trains_and_samples(design);
}
