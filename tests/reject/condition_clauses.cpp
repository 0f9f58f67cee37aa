// SPDX-License-Identifier: MIT
// expect: 'LabelsTraining<C>' [with C = WithoutTrainingLabels]
#include <diffmem/condition/none.hpp>

using namespace diffmem;
struct WithoutTrainingLabels : Unconditional {
  std::vector<std::int64_t> training_labels(const ImageSet&, std::uint64_t) const = delete;
};
static_assert(Conditioning<WithoutTrainingLabels>);
