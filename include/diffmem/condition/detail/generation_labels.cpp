// SPDX-License-Identifier: MIT
#include <diffmem/condition/concept.hpp>

namespace diffmem {

std::vector<std::int64_t> generation_labels(LabelLaw law, std::uint64_t seed, std::uint64_t first, std::int64_t count,
                                            std::int64_t classes) {
  const auto n = static_cast<std::uint64_t>(classes);
  std::vector<std::int64_t> labels, round;
  for (std::uint64_t i = first; i < first + static_cast<std::uint64_t>(count); ++i) {
    if (law == LabelLaw::uniform) {
      labels.push_back(static_cast<std::int64_t>(RandomStream(seed, Stream::sample_label, i).below(n)));
    } else {
      if (round.empty() || i % n == 0) round = RandomStream(seed, Stream::sample_label, i / n).permutation(classes);
      labels.push_back(round[static_cast<std::size_t>(i % n)]);
    }
  }
  return labels;
}

}  // namespace diffmem
