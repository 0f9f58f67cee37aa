// SPDX-License-Identifier: MIT
// Conditioning: which label each training image carries, and which label each generated image is given.
#pragma once
#include <diffmem/core/policy.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/data/image_set.hpp>

#include <cstdint>
#include <vector>

namespace diffmem {

template <class C>
concept LabelsTraining = requires(const C c, const ImageSet& images, std::uint64_t seed) {
  { c.training_labels(images, seed) } -> std::same_as<std::vector<std::int64_t>>;
};
/// training_labels(images, seed) -> one label an image, or empty for an unconditional model.
template <class C>
concept Conditioning = Policy<C, Role::condition> && LabelsTraining<C>;

/// Number of classes of a label list: the largest label + 1 (some may be unused); 0 for none.
inline std::int64_t label_dim(const std::vector<std::int64_t>& labels) {
  std::int64_t most = -1;
  for (const std::int64_t l : labels) most = l > most ? l : most;
  return most + 1;
}

/// The label of generated image `index`: uniform over all `classes` (the reference's way).
inline std::int64_t generation_label(std::uint64_t seed, std::uint64_t index, std::int64_t classes) {
  return static_cast<std::int64_t>(
      RandomStream(seed, Stream::sample_label, index).below(static_cast<std::uint64_t>(classes)));
}

}  // namespace diffmem
