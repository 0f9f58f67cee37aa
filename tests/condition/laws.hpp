// SPDX-License-Identifier: MIT
// What every conditioning owes, whatever its labels mean.
#pragma once
#include "policy_laws.hpp"

#include <diffmem/condition/concept.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace diffmem::laws {

/// `count` images; labels i % 4 if `labelled`.
inline ImageSet images(std::int64_t count, bool labelled = false) {
  ImageSet set{.name = "set",
               .count = count,
               .channels = 1,
               .height = 1,
               .width = 1,
               .pixels = {},
               .labels = {},
               .classes = labelled ? 4 : 0};
  set.pixels.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; labelled && i < count; ++i) set.labels.push_back(i % 4);
  return set;
}

/// One label an image, 0 or more, or none at all; the same when asked again, and for the first images alone.
template <Conditioning C>
void one_label_an_image_or_none(const C& condition) {
  const auto labels = [&](std::int64_t count) { return condition.training_labels(images(count, true), 3); };
  const auto all = labels(1000);
  for (const std::int64_t count : {1, 77, 1000}) {
    const auto some = labels(count);
    REQUIRE(some.size() == (all.empty() ? 0 : static_cast<std::size_t>(count)));
    REQUIRE(std::all_of(some.begin(), some.end(), [](std::int64_t label) { return label >= 0; }));
    REQUIRE(std::equal(some.begin(), some.end(), all.begin()));
  }
}

}  // namespace diffmem::laws
