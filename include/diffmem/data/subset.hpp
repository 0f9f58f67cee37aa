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
  random,    ///< random_subset(): in an order drawn from the seed, whatever the class
};
inline constexpr std::array<std::string_view, 3> kSubsetRuleWords{"balanced", "first", "random"};
constexpr const auto& words_of(SubsetRule) { return kSubsetRuleWords; }

/// Indices of `size` images: of class c of C the first floor(size / C) + (c < size % C) in a random order that depends
/// on (seed, c) only.  So subsets of one seed are nested, D_1 in D_2 as Hypothesis 1 (Eq. 4) needs them.  Order: by
/// class, then by rank in that order.  Without labels: the first `size` in one random order.
/// Error if `size` is below 1 or above the data, or a class has too few images (named, with how many there are).
std::vector<std::int64_t> balanced_subset(const ImageSet& set, std::int64_t size, std::uint64_t seed);

/// Indices of the first `size` images in one random order that depends on the seed only, whatever their labels: for sets
/// with classes too small to be balanced.  Error if `size` is below 1 or above the data.
std::vector<std::int64_t> random_subset(const ImageSet& set, std::int64_t size, std::uint64_t seed);

/// Indices by the reference's rule (DiffMemorize): the first size / C images of each class in file order, class by
/// class.  Error if `size` is not a positive multiple of C, there are no labels, or a class has too few images.
std::vector<std::int64_t> first_of_each_class(const ImageSet& set, std::int64_t size);

/// The images of the classes 0 ... classes-1 alone, in their order, with `classes` classes.  Error if `classes` is not in
/// 1..C, there are no labels, or no image is left.
ImageSet first_classes(const ImageSet& set, std::int64_t classes);

/// Indices by the reference's rule for the first `classes` of C classes: floor(size / classes) of each in file order,
/// class by class; of the last one more by the remainder.  Error as first_of_each_class(), but any size will do.
std::vector<std::int64_t> first_of_first_classes(const ImageSet& set, std::int64_t size, std::int64_t classes);

/// `size` images of two sets of one shape, a fraction `alpha` of `other`, by the reference's rule: the first
/// trunc(size * (1 - alpha)) of `base` in float64 (size 500, alpha 0.8: 99, since 1 - 0.8 is below 0.2), and the first of
/// `other` for the rest.  All are of class 0 of 1, which has no name, and keep their captions if each has one.  The name
/// tells both and alpha.  Error if alpha is not in [0, 1], a set has too few images, or the shapes differ (a set that
/// nothing is taken of is not looked at).
ImageSet blend(const ImageSet& base, const ImageSet& other, std::int64_t size, double alpha);
/// How many of `base` that takes.
std::int64_t blend_share(std::int64_t size, double alpha);

/// Indices of the images that equal no earlier one, pixel by pixel, in their order.
std::vector<std::int64_t> distinct_images(const ImageSet& set);

}  // namespace diffmem
