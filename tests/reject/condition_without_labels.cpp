// SPDX-License-Identifier: MIT
// expect: required for the satisfaction of 'LabelsTraining<C>'
#include <diffmem/condition/concept.hpp>

using namespace diffmem;
// Everything but training_labels().
struct Nothing {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "nothing";
  template <class Self, class Visit>
  static void each(Self&, Visit&&) {}
};
static_assert(Conditioning<Nothing>);
