// SPDX-License-Identifier: MIT
// Which images a training set of a given size takes: class-balanced, and nested (a smaller one lies in a larger one).
#pragma once
#include <diffmem/data/image_set.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace diffmem {

/// Which images a subset takes; subsets of one rule and one seed are nested.
enum class SubsetRule {
  balanced,  ///< balanced_subset(): as many of each class, in an order drawn from the seed; any size, labels or not
  first,     ///< first_of_each_class(): the same images for every seed, as in the paper's code
};
inline constexpr std::array<std::string_view, 2> kSubsetRuleWords{"balanced", "first"};
constexpr const auto& words_of(SubsetRule) { return kSubsetRuleWords; }

/// Indices of `size` images: of class c of C the first floor(size / C) + (c < size % C) in a random order that depends
/// on (seed, c) only.  So subsets of one seed are nested, D_1 in D_2 as Hypothesis 1 (Eq. 4) needs them.  Order: by
/// class, then by rank in that order.  Without labels: the first `size` in one random order.
/// Error if `size` is below 1 or above the data, or a class has too few images (named, with how many there are).
std::vector<std::int64_t> balanced_subset(const ImageSet& set, std::int64_t size, std::uint64_t seed);

/// Indices by the reference's rule (DiffMemorize): the first size / C images of each class in file order, class by
/// class.  Error if `size` is not a positive multiple of C, there are no labels, or a class has too few images.
std::vector<std::int64_t> first_of_each_class(const ImageSet& set, std::int64_t size);

/// Indices of the images that equal no earlier one, pixel by pixel, in their order.
std::vector<std::int64_t> distinct_images(const ImageSet& set);

}  // namespace diffmem
