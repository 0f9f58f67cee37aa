// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/resize.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem {
namespace {

/// How new pixel `to` overlaps old pixel `from`, in units of 1/size of an old pixel; the overlaps of one `to` add up to
/// the old side.
struct Overlap {
  std::int64_t to, from, length;
};

std::vector<Overlap> overlaps(std::int64_t side, std::int64_t size) {
  std::vector<Overlap> all;
  for (std::int64_t to = 0; to < size; ++to)
    for (std::int64_t from = to * side / size; from * size < (to + 1) * side; ++from)
      all.push_back({to, from, std::min((from + 1) * size, (to + 1) * side) - std::max(from * size, to * side)});
  return all;
}

ImageSet blank(const ImageSet& set, std::int64_t size, std::string name) {
  ImageSet made{.name = std::move(name),
                .count = set.count,
                .channels = set.channels,
                .height = size,
                .width = size,
                .pixels = {},
                .labels = set.labels,
                .classes = set.classes};
  made.pixels.resize(static_cast<std::size_t>(made.count * made.image_size()));
  return made;
}

}  // namespace

ImageSet shrink(const ImageSet& set, int size) {
  if (size < 1 || size > std::min(set.height, set.width))
    throw Error("shrink", fmt::format("size {} for images of {}x{}", size, set.height, set.width),
                fmt::format("1 to {}", std::min(set.height, set.width)),
                "choose a smaller size; images are never enlarged");
  if (size == set.height && size == set.width) return set;
  ImageSet made = blank(set, size, fmt::format("{} {}x{}", set.name, size, size));
  const auto rows = overlaps(set.height, size), columns = overlaps(set.width, size);
  const std::int64_t area = set.height * set.width;
  std::vector<std::int64_t> narrow(static_cast<std::size_t>(set.height * size));  // [H, size], times W
  std::vector<std::int64_t> small(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));  // times H*W
  const std::uint8_t* old_plane = set.pixels.data();
  std::uint8_t* new_plane = made.pixels.data();
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane) {
    std::fill(narrow.begin(), narrow.end(), 0);
    std::fill(small.begin(), small.end(), 0);
    for (std::int64_t y = 0; y < set.height; ++y)
      for (const auto& [to, from, length] : columns)
        narrow[static_cast<std::size_t>(y * size + to)] += length * old_plane[y * set.width + from];
    for (const auto& [to, from, length] : rows)
      for (std::int64_t x = 0; x < size; ++x)
        small[static_cast<std::size_t>(to * size + x)] += length * narrow[static_cast<std::size_t>(from * size + x)];
    for (const std::int64_t sum : small) *new_plane++ = static_cast<std::uint8_t>((2 * sum + area) / (2 * area));
    old_plane += area;
  }
  return made;
}

ImageSet pad(const ImageSet& set, int size) {
  if (size < std::max(set.height, set.width))
    throw Error("pad", fmt::format("size {} for images of {}x{}", size, set.height, set.width),
                fmt::format("at least {}", std::max(set.height, set.width)),
                "choose a larger size, or shrink the images");
  if (size == set.height && size == set.width) return set;
  ImageSet made = blank(set, size, fmt::format("{} padded {}x{}", set.name, size, size));
  const std::int64_t top = (size - set.height) / 2, left = (size - set.width) / 2;
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane)
    for (std::int64_t y = 0; y < set.height; ++y)
      std::copy_n(set.pixels.data() + (plane * set.height + y) * set.width, set.width,
                  made.pixels.data() + (plane * size + top + y) * size + left);
  return made;
}

}  // namespace diffmem
