// SPDX-License-Identifier: MIT
// Labels that stand for prompts, as the paper's appendix F words them.
#include "check.hpp"
#include "complaint.hpp"
#include "policy_laws.hpp"

#include <diffmem/condition/prompts.hpp>

using namespace diffmem;
using Texts = std::vector<std::string>;
using Labels = std::vector<std::int64_t>;

namespace {

/// Artbench-10's ten styles, an image each.
ImageSet artbench() {
  ImageSet set;
  set.name = "artbench";
  set.count = 10, set.channels = set.height = set.width = 1, set.classes = 10;
  set.pixels.resize(10);
  set.labels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  set.class_names = {"art_nouveau", "baroque",     "expressionism", "impressionism", "post_impressionism",
                     "realism",     "renaissance", "romanticism",   "surrealism",    "ukiyo_e"};
  return set;
}

}  // namespace

TEST_CASE("the ten styles' prompts are the paper's", "[condition][prompts]") {
  const ImageSet set = artbench();
  REQUIRE(ClassPrompt{}.prompts(set) ==
          Texts{"an art nouveau painting", "a baroque painting", "an expressionism painting",
                "an impressionism painting", "a post impressionism painting", "a realism painting",
                "a renaissance painting", "a romanticism painting", "a surrealism painting", "an ukiyo e painting"});
  REQUIRE(ClassPrompt{}.training_labels(set, 1) == set.labels);
  REQUIRE(PlainPrompt{}.prompts(set) == Texts{"a painting"});
  REQUIRE(PlainPrompt{.noun = "etching"}.prompts(set) == Texts{"an etching"});
  REQUIRE(PlainPrompt{}.training_labels(set, 1) == Labels(10, 0));
  REQUIRE(ClassPrompt{.noun = "drawing"}.prompts(set)[5] == "a realism drawing");
}

TEST_CASE("equal captions are one prompt", "[condition][prompts]") {
  ImageSet set = artbench();
  set.captions = {"a cat", "a dog", "a cat", "", "a dog", "a cat", "x", "y", "x", "z"};
  REQUIRE(CaptionPrompt{}.prompts(set) == Texts{"a cat", "a dog", "", "x", "y", "z"});
  REQUIRE(CaptionPrompt{}.training_labels(set, 1) == Labels{0, 1, 0, 2, 1, 0, 3, 4, 3, 5});
}

TEST_CASE("prompts that the data cannot give are refused", "[condition][prompts]") {
  ImageSet set = artbench();
  REQUIRE(says(complaint([&] { CaptionPrompt{}.prompts(set); }), "condition caption", {"artbench", "metadata.jsonl"}));
  set.class_names.clear();
  REQUIRE(says(complaint([&] { ClassPrompt{}.prompts(set); }), "condition class", {"artbench without names"}));
  set.labels.clear();
  REQUIRE(says(complaint([&] { ClassPrompt{}.training_labels(set, 1); }), "condition class", {"without labels"}));
}
