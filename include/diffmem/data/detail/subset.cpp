// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/data/subset.hpp>

#include <fmt/format.h>

#include <numeric>
#include <unordered_set>

namespace diffmem {
namespace {

constexpr std::string_view kWho = "subset";

void expect_size(const ImageSet& set, std::int64_t size) {
  if (size < 1 || size > set.count)
    throw Error(kWho, fmt::format("size {}", size), fmt::format("1 to the {} images of \"{}\"", set.count, set.name),
                "ask for fewer images or bring more data");
}

/// Indices of each class in file order; one class of all images if there are no labels.
std::vector<std::vector<std::int64_t>> by_class(const ImageSet& set) {
  if (set.labels.empty()) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(set.count));
    std::iota(all.begin(), all.end(), 0);
    return {std::move(all)};
  }
  std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(set.classes));
  for (std::size_t i = 0; i < set.labels.size(); ++i)
    members[static_cast<std::size_t>(set.labels[i])].push_back(static_cast<std::int64_t>(i));
  return members;
}

void expect_enough(const ImageSet& set, std::size_t label, std::int64_t found, std::int64_t quota, std::int64_t size) {
  if (found < quota)
    throw Error(kWho, fmt::format("{} images of class {} in \"{}\"", found, label, set.name),
                fmt::format("{} of each class for a balanced subset of {}", quota, size),
                "ask for fewer images, bring more data, or choose the random rule (--set data.subset=random)");
}

void expect_labels(const ImageSet& set) {
  if (set.labels.empty())
    throw Error(kWho, fmt::format("\"{}\" without labels", set.name), "labels, to take the first of each class",
                "choose the balanced rule, which needs none");
}

void expect_classes(const ImageSet& set, std::int64_t classes) {
  expect_labels(set);
  if (classes < 1 || classes > set.classes)
    throw Error(kWho, fmt::format("{} classes", classes),
                fmt::format("1 to the {} classes of \"{}\"", set.classes, set.name), "correct the number of classes");
}

}  // namespace

std::vector<std::int64_t> balanced_subset(const ImageSet& set, std::int64_t size, std::uint64_t seed) {
  expect_size(set, size);
  const auto members = by_class(set);
  const auto classes = static_cast<std::int64_t>(members.size());
  std::vector<std::int64_t> chosen;
  for (std::size_t label = 0; label < members.size(); ++label) {
    const auto found = static_cast<std::int64_t>(members[label].size());
    const std::int64_t quota = size / classes + (static_cast<std::int64_t>(label) < size % classes);
    expect_enough(set, label, found, quota, size);
    const auto order = RandomStream(seed, Stream::subset, label).permutation(found);
    for (std::int64_t rank = 0; rank < quota; ++rank)
      chosen.push_back(members[label][static_cast<std::size_t>(order[static_cast<std::size_t>(rank)])]);
  }
  return chosen;
}

std::vector<std::int64_t> random_subset(const ImageSet& set, std::int64_t size, std::uint64_t seed) {
  expect_size(set, size);
  auto order = RandomStream(seed, Stream::subset).permutation(set.count);
  order.resize(static_cast<std::size_t>(size));
  return order;
}

std::vector<std::int64_t> first_of_each_class(const ImageSet& set, std::int64_t size) {
  expect_labels(set);
  expect_size(set, size);
  if (size % set.classes != 0)
    throw Error(kWho, fmt::format("size {}", size), fmt::format("a multiple of the {} classes", set.classes),
                fmt::format("take {}, or choose the balanced rule", size - size % set.classes));
  return first_of_first_classes(set, size, set.classes);
}

std::vector<std::int64_t> first_of_first_classes(const ImageSet& set, std::int64_t size, std::int64_t classes) {
  expect_classes(set, classes);
  expect_size(set, size);
  std::vector<std::int64_t> chosen;
  const auto members = by_class(set);
  for (std::size_t label = 0; label < static_cast<std::size_t>(classes); ++label) {
    const bool last = static_cast<std::int64_t>(label) == classes - 1;
    const std::int64_t quota = size / classes + (last ? size % classes : 0);
    expect_enough(set, label, static_cast<std::int64_t>(members[label].size()), quota, size);
    chosen.insert(chosen.end(), members[label].begin(), members[label].begin() + quota);
  }
  return chosen;
}

ImageSet first_classes(const ImageSet& set, std::int64_t classes) {
  expect_classes(set, classes);
  std::vector<std::int64_t> chosen;
  for (std::size_t i = 0; i < set.labels.size(); ++i)
    if (set.labels[i] < classes) chosen.push_back(static_cast<std::int64_t>(i));
  if (chosen.empty())
    throw Error(kWho, fmt::format("no image of the first {} classes of \"{}\"", classes, set.name), "at least one",
                "take more classes");
  ImageSet made = select(set, chosen);
  if (classes < set.classes) made.name += fmt::format(", {} classes", classes);
  made.classes = classes;
  if (!made.class_names.empty()) made.class_names.resize(static_cast<std::size_t>(classes));
  return made;
}

std::int64_t blend_share(std::int64_t size, double alpha) {
  if (size < 1) throw Error("blend", fmt::format("size {}", size), "1 or more", "say how many images (data.size)");
  need(alpha >= 0 && alpha <= 1, "blend", "alpha", alpha, "0 to 1");
  return static_cast<std::int64_t>(static_cast<double>(size) * (1 - alpha));
}

ImageSet blend(const ImageSet& base, const ImageSet& other, std::int64_t size, double alpha) {
  const std::int64_t of_base = blend_share(size, alpha), of_other = size - of_base;
  for (const auto& [set, share] : {std::pair(&base, of_base), std::pair(&other, of_other)})
    if (share > set->count)
      throw Error("blend", fmt::format("{} images of \"{}\"", set->count, set->name), fmt::format("{} or more", share),
                  "ask for fewer images, or for another alpha");
  const bool both = of_base > 0 && of_other > 0;
  const auto shape = [](const ImageSet& set) { return fmt::format("[{},{},{}]", set.channels, set.height, set.width); };
  if (both && shape(base) != shape(other))
    throw Error("blend", fmt::format("{} in \"{}\" and {} in \"{}\"", shape(base), base.name, shape(other), other.name),
                "images of one shape", "bring them to one side, and grey ones to colour");
  const ImageSet& some = of_base > 0 ? base : other;
  ImageSet made{.name = fmt::format("{} + {} of {}", base.name, alpha, other.name),
                .count = size,
                .channels = some.channels,
                .height = some.height,
                .width = some.width,
                .pixels = {},
                .labels = std::vector<std::int64_t>(static_cast<std::size_t>(size), 0),
                .classes = 1};
  for (const auto& [set, share] : {std::pair(&base, of_base), std::pair(&other, of_other)})
    made.pixels.insert(made.pixels.end(), set->pixels.begin(), set->pixels.begin() + share * set->image_size());
  if ((of_base > 0 && base.captions.empty()) || (of_other > 0 && other.captions.empty())) return made;
  made.captions.assign(base.captions.begin(), base.captions.begin() + of_base);
  made.captions.insert(made.captions.end(), other.captions.begin(), other.captions.begin() + of_other);
  return made;
}

std::vector<std::int64_t> distinct_images(const ImageSet& set) {
  std::vector<std::int64_t> distinct;
  std::unordered_set<std::string_view> seen;
  for (std::int64_t i = 0; i < set.count; ++i) {
    const auto image = set.image(i);
    if (seen.emplace(reinterpret_cast<const char*>(image.data()), image.size()).second) distinct.push_back(i);
  }
  return distinct;
}

}  // namespace diffmem
