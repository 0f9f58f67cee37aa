// SPDX-License-Identifier: MIT
// Random labels (paper Section 6): labels that say nothing about the image raise memorization as true ones do.
#pragma once
#include <diffmem/condition/concept.hpp>

#include <array>
#include <string_view>

namespace diffmem {

/// Which random numbers make the labels; the law is the same.
enum class LabelDraw {
  philox,  ///< our own streams: the label of image i depends on (seed, i, classes)
  python,  ///< `random.seed(seed)`, then `randint(0, classes - 1)` an image: the labels of the paper, at seed 1024
};
inline constexpr std::array<std::string_view, 2> kLabelDrawWords{"philox", "python"};
constexpr const auto& words_of(LabelDraw) { return kLabelDrawWords; }

/// Each training image carries a label drawn uniformly from `classes`, whatever it shows.
struct RandomLabels {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "random";

  int classes = 10;                    ///< C, 1 or more
  LabelDraw draw = LabelDraw::philox;  ///< whose random numbers

  template <class Self, class Visit>
  static void each(Self& c, Visit&& visit) {
    visit("classes", c.classes), visit("draw", c.draw);
  }

  /// Labels by the images' order in the set; where there are few images, some of the classes may carry none.
  /// Error if `classes` is below 1.
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t seed) const;
};
static_assert(Conditioning<RandomLabels>);

}  // namespace diffmem
