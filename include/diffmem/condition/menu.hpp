// SPDX-License-Identifier: MIT
// Every conditioning, for programs that choose one at run time.
#pragma once
#include <diffmem/condition/none.hpp>
#include <diffmem/condition/random_labels.hpp>
#include <diffmem/condition/true_labels.hpp>
#include <diffmem/condition/unique_labels.hpp>
#include <diffmem/core/menu.hpp>

namespace diffmem {

class AnyCondition : public Menu<Role::condition, Unconditional, TrueLabels, RandomLabels, UniqueLabels> {
 public:
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t seed) const {
    return on([&](const auto& c) { return c.training_labels(images, seed); });
  }
};
static_assert(Conditioning<AnyCondition>);

}  // namespace diffmem
