// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "condition/laws.hpp"

#include <diffmem/condition/none.hpp>
#include <diffmem/condition/random_labels.hpp>
#include <diffmem/condition/true_labels.hpp>
#include <diffmem/condition/unique_labels.hpp>

#include <algorithm>
#include <cmath>
#include <set>

using namespace diffmem;

namespace {

using laws::images;
using Labels = std::vector<std::int64_t>;

/// How often each of `classes` labels comes; REQUIREs that there are no others.
std::vector<std::int64_t> counts(const Labels& labels, std::int64_t classes) {
  std::vector<std::int64_t> n(static_cast<std::size_t>(classes));
  const auto [least, most] = std::minmax_element(labels.begin(), labels.end());
  REQUIRE(*least >= 0);
  REQUIRE(*most < classes);
  for (const std::int64_t l : labels) ++n[static_cast<std::size_t>(l)];
  return n;
}

/// Chi-squared of equal shares, less its mean, in standard deviations.
double unevenness(const std::vector<std::int64_t>& n) {
  double total = 0, chi2 = 0;
  for (const auto k : n) total += static_cast<double>(k);
  const double share = total / static_cast<double>(n.size()), free = static_cast<double>(n.size()) - 1;
  for (const auto k : n) chi2 += (static_cast<double>(k) - share) * (static_cast<double>(k) - share) / share;
  return (chi2 - free) / std::sqrt(2 * free);
}

}  // namespace

TEMPLATE_TEST_CASE("one label an image, or none at all", "[condition][law]", Unconditional, TrueLabels, RandomLabels,
                   UniqueLabels) {
  laws::lists_its_parameters<TestType>();
  laws::one_label_an_image_or_none(TestType{});
}

TEST_CASE("random labels are uniform, and those of image i depend on (seed, i) alone", "[condition][law]") {
  for (const LabelDraw draw : {LabelDraw::philox, LabelDraw::python})
    for (const int classes : {2, 10, 1000}) {
      const RandomLabels random{.classes = classes, .draw = draw};
      const Labels labels = random.training_labels(images(100'000), 3);
      REQUIRE(labels.size() == 100'000);
      REQUIRE(std::abs(unevenness(counts(labels, classes))) < 5);
      // Independent of the image before: pairs fall evenly on their cells.
      if (classes == 10) {
        Labels pairs;
        for (std::size_t i = 0; i + 1 < labels.size(); i += 2) pairs.push_back(10 * labels[i] + labels[i + 1]);
        REQUIRE(std::abs(unevenness(counts(pairs, 100))) < 5);
      }
      const Labels fewer = random.training_labels(images(77), 3);
      REQUIRE(std::equal(fewer.begin(), fewer.end(), labels.begin()));
      REQUIRE(random.training_labels(images(77), 4) != fewer);
    }
  REQUIRE(RandomLabels{.classes = 1}.training_labels(images(9), 3) == Labels(9, 0));
}

TEST_CASE("the python draw is Python's random.seed and randint", "[condition][oracle]") {
  struct Case {
    std::uint64_t seed;
    int classes;
    Labels labels;
  };
  for (const auto& [seed, classes, labels] :
       {Case{1024, 10, {0, 7, 6, 5, 8, 1, 7, 8}}, Case{0, 7, {6, 3, 6, 3, 0, 2, 4, 3}},
        Case{(1ull << 40) + 5, 1000, {516, 529, 275, 679, 948, 28, 543, 776}}, Case{1024, 1, Labels(8, 0)},
        Case{7, 50'000, {21'222, 9'886, 25'875, 42'659, 3'164, 4'747, 35'119, 6'168}}})
    REQUIRE(RandomLabels{.classes = classes, .draw = LabelDraw::python}.training_labels(images(8), seed) == labels);
  // The paper's 5,000 images with 2,000 random classes: 1,836 of them are there, the largest is 1,998.
  const Labels paper = RandomLabels{.classes = 2000, .draw = LabelDraw::python}.training_labels(images(5000), 1024);
  REQUIRE(std::set<std::int64_t>(paper.begin(), paper.end()).size() == 1836);
  REQUIRE(label_dim(paper) == 1999);
}

TEST_CASE("unique labels number the images; true ones are the data's; none are none", "[condition]") {
  REQUIRE(UniqueLabels{}.training_labels(images(4, true), 1) == Labels{0, 1, 2, 3});
  REQUIRE(label_dim(UniqueLabels{}.training_labels(images(50'000), 1)) == 50'000);
  REQUIRE(TrueLabels{}.training_labels(images(6, true), 1) == Labels{0, 1, 2, 3, 0, 1});
  REQUIRE(Unconditional{}.training_labels(images(6, true), 1).empty());
  REQUIRE(label_dim({}) == 0);
  REQUIRE(label_dim({0, 0}) == 1);
  REQUIRE(label_dim({2, 7, 0}) == 8);  // classes without an image count
}

TEST_CASE("generated images get uniform labels, each from its own stream", "[condition][law]") {
  const Labels all = generation_labels(LabelLaw::uniform, 5, 0, 100'000, 10);
  REQUIRE(std::abs(unevenness(counts(all, 10))) < 5);
  for (const auto& [first, count] : {std::pair{0, 1}, {17, 100}, {99'999, 1}}) {
    const Labels some = generation_labels(LabelLaw::uniform, 5, static_cast<std::uint64_t>(first), count, 10);
    REQUIRE(std::equal(some.begin(), some.end(), all.begin() + first));
  }
  REQUIRE(generation_labels(LabelLaw::uniform, 6, 0, 100, 10) != Labels(all.begin(), all.begin() + 100));
  REQUIRE(generation_labels(LabelLaw::uniform, 5, 0, 3, 1) == Labels(3, 0));
}

TEST_CASE("balanced labels come equally often, in an order of their own each round", "[condition][law]") {
  const std::int64_t classes = 7;
  const Labels all = generation_labels(LabelLaw::balanced, 5, 0, 70, classes);
  std::set<Labels> rounds;
  for (std::int64_t round = 0; round < 10; ++round) {
    const Labels block(all.begin() + round * classes, all.begin() + (round + 1) * classes);
    REQUIRE(counts(block, classes) == std::vector<std::int64_t>(7, 1));
    rounds.insert(block);
  }
  REQUIRE(rounds.size() >= 9);
  for (std::uint64_t first = 0; first < 70; first += 5) {
    const Labels some = generation_labels(LabelLaw::balanced, 5, first, 5, classes);
    REQUIRE(std::equal(some.begin(), some.end(), all.begin() + static_cast<std::ptrdiff_t>(first)));
  }
  // Fewer images than classes: none twice, and not just the first ones.
  const Labels few = generation_labels(LabelLaw::balanced, 5, 0, 100, 50'000);
  REQUIRE(std::set<std::int64_t>(few.begin(), few.end()).size() == 100);
  REQUIRE(*std::max_element(few.begin(), few.end()) > 10'000);
}

TEST_CASE("a conditioning's numbers are read from text, and bad ones refused", "[condition][bad]") {
  RandomLabels random;
  set_param(random, "classes", "200");
  set_param(random, "draw", "python");
  REQUIRE(random.classes == 200);
  REQUIRE(random.draw == LabelDraw::python);
  REQUIRE(says(complaint([&] { RandomLabels{.classes = 0}.training_labels(images(3), 1); }), "condition random",
               {"0 classes", "1 or more"}));
  REQUIRE(says(complaint([&] { TrueLabels{}.training_labels(images(3), 1); }), "condition true", {"labelled"}));
}
