// SPDX-License-Identifier: MIT
// Conditioning: which label each training image carries, and which label each generated image is given.
#pragma once
#include <diffmem/core/policy.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/data/image_set.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace diffmem {

template <class C>
concept LabelsTraining = requires(const C c, const ImageSet& images, std::uint64_t seed) {
  { c.training_labels(images, seed) } -> std::same_as<std::vector<std::int64_t>>;
};
/// training_labels(images, seed) -> one label an image, 0 or more, or empty for an unconditional model.
template <class C>
concept Conditioning = Policy<C, Role::condition> && LabelsTraining<C>;

/// Number of classes of a label list: the largest label + 1 (some may be unused); 0 for none.
inline std::int64_t label_dim(const std::vector<std::int64_t>& labels) {
  std::int64_t most = -1;
  for (const std::int64_t l : labels) most = l > most ? l : most;
  return most + 1;
}

/// How generated images get their labels.
enum class LabelLaw {
  uniform,   ///< each image's label is drawn on its own (the reference's way)
  balanced,  ///< images k*classes ... (k+1)*classes-1 carry every label once, in an order drawn for each k
};
inline constexpr std::array<std::string_view, 2> kLabelLawWords{"uniform", "balanced"};
constexpr const auto& words_of(LabelLaw) { return kLabelLawWords; }

/// The labels of generated images first ... first+count-1, each in 0 ... classes-1, classes >= 1.  All labels are drawn,
/// those that no training image carries too, as in the reference.  A label depends on (seed, index) alone.   -> [count]
std::vector<std::int64_t> generation_labels(LabelLaw law, std::uint64_t seed, std::uint64_t first, std::int64_t count,
                                            std::int64_t classes);

}  // namespace diffmem
