// SPDX-License-Identifier: MIT
// TODO: what these labels are for.
#pragma once
#include <diffmem/condition/concept.hpp>
#include <diffmem/core/error.hpp>

#include <fmt/format.h>

#include <cstddef>

namespace diffmem {

/// TODO: which label an image carries.  As generated: image i carries label i modulo `classes`, whatever it shows.
struct MineLabels {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "mine";

  int classes = 10;  ///< labels are below this, 1 or more

  template <class Self, class Visit>
  static void each(Self& c, Visit&& visit) {
    visit("classes", c.classes);
  }

  /// TODO: one label an image, 0 or more, in the images' order.  Random ones come from core/random.hpp and the seed.
  /// Error if `classes` is below 1.                                                                     -> [images]
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t /*seed*/) const {
    if (classes < 1)
      throw Error(fmt::format("condition {}", name), fmt::format("{} classes", classes), "1 or more",
                  "correct the condition's classes");
    std::vector<std::int64_t> labels(static_cast<std::size_t>(images.count));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int64_t>(i) % classes;
    return labels;
  }
};
static_assert(Conditioning<MineLabels>);

}  // namespace diffmem
