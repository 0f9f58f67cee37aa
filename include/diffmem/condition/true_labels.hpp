// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/condition/concept.hpp>
#include <diffmem/core/error.hpp>

namespace diffmem {

/// The data's own labels.
struct TrueLabels {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "true";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  /// Error if the data has no labels.
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t) const {
    if (images.labels.empty())
      throw Error("condition true", images.name + " without labels", "a labelled data set",
                  "choose another data set, or condition none");
    return images.labels;
  }
};
static_assert(Conditioning<TrueLabels>);

}  // namespace diffmem
