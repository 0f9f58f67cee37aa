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
                "ask for fewer images or bring more data");
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

std::vector<std::int64_t> first_of_each_class(const ImageSet& set, std::int64_t size) {
  if (set.labels.empty())
    throw Error(kWho, fmt::format("\"{}\" without labels", set.name), "labels, to take the first of each class",
                "choose the balanced rule, which needs none");
  expect_size(set, size);
  if (size % set.classes != 0)
    throw Error(kWho, fmt::format("size {}", size), fmt::format("a multiple of the {} classes", set.classes),
                fmt::format("take {}, or choose the balanced rule", size - size % set.classes));
  std::vector<std::int64_t> chosen;
  const auto members = by_class(set);
  const std::int64_t quota = size / set.classes;
  for (std::size_t label = 0; label < members.size(); ++label) {
    expect_enough(set, label, static_cast<std::int64_t>(members[label].size()), quota, size);
    chosen.insert(chosen.end(), members[label].begin(), members[label].begin() + quota);
  }
  return chosen;
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
