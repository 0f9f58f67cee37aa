// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/condition/concept.hpp>

#include <numeric>

namespace diffmem {

/// Each training image is a class of its own: image i carries label i, C = |D| (paper Section 6).
struct UniqueLabels {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "unique";
  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t) const {
    std::vector<std::int64_t> labels(static_cast<std::size_t>(images.count));
    std::iota(labels.begin(), labels.end(), 0);
    return labels;
  }
};
static_assert(Conditioning<UniqueLabels>);

}  // namespace diffmem
