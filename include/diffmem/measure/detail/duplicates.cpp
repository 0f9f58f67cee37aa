// SPDX-License-Identifier: MIT
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/duplicates.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>

namespace diffmem {
namespace {

/// Sets of images that are merged two at a time; a set is named by its lowest image.
class Sets {
 public:
  explicit Sets(std::size_t images) : parent_(images) { std::iota(parent_.begin(), parent_.end(), 0); }

  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void merge(std::size_t a, std::size_t b) {
    a = find(a), b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

/// The sets of two or more, in the order of their first images.
Duplicates groups_of(Sets& sets, std::size_t images) {
  std::vector<std::vector<std::int64_t>> all(images);
  for (std::size_t i = 0; i < images; ++i) all[sets.find(i)].push_back(static_cast<std::int64_t>(i));
  Duplicates found{.images = static_cast<std::int64_t>(images), .groups = {}};
  for (auto& group : all)
    if (group.size() > 1) found.groups.push_back(std::move(group));
  return found;
}

}  // namespace

Duplicates exact_duplicates(std::span<const std::uint8_t> images, std::int64_t image_size) {
  const std::size_t n = detail::image_count("exact_duplicates", images.size(), image_size),
                    size = static_cast<std::size_t>(image_size);
  Sets sets(n);
  std::unordered_map<std::string_view, std::size_t> first;  // finds by hash, compares by bytes
  first.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::string_view bytes(reinterpret_cast<const char*>(images.data()) + i * size, size);
    sets.merge(first.emplace(bytes, i).first->second, i);
  }
  return groups_of(sets, n);
}

Duplicates near_duplicates(std::span<const std::uint8_t> images, std::int64_t image_size, double rms, int threads) {
  const std::size_t n = detail::image_count("near_duplicates", images.size(), image_size);
  if (!(rms > 0))
    throw Error("near_duplicates", fmt::format("a distance of {}", rms), "one above 0 grey levels",
                "use exact_duplicates for equal images");
  const double bound =
      std::min(rms, 256.0) * std::min(rms, 256.0) * static_cast<double>(image_size);          // 256: all are near
  const std::vector<std::int64_t> radii(n, static_cast<std::int64_t>(std::ceil(bound)) - 1);  // integers below bound
  std::vector<Sets> parts(static_cast<std::size_t>(std::max(threads, 1)), Sets(n));
  within(
      images, images, image_size, radii,
      [&](int share, std::int64_t a, std::int64_t b) {
        parts[static_cast<std::size_t>(share)].merge(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
      },
      threads);
  for (auto& part : parts)
    for (std::size_t i = 0; i < n; ++i) parts[0].merge(i, part.find(i));
  return groups_of(parts[0], n);
}

std::vector<std::int64_t> kept_images(const Duplicates& duplicates) {
  std::vector<std::uint8_t> dropped(static_cast<std::size_t>(duplicates.images));
  for (const auto& group : duplicates.groups)
    for (std::size_t j = 1; j < group.size(); ++j) dropped.at(static_cast<std::size_t>(group[j])) = 1;
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < dropped.size(); ++i)
    if (!dropped[i]) kept.push_back(static_cast<std::int64_t>(i));
  return kept;
}

}  // namespace diffmem
