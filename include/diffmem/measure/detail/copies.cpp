// SPDX-License-Identifier: MIT
#include <diffmem/measure/detail/copies.hpp>
#include <diffmem/measure/detail/nearer.hpp>
#include <diffmem/measure/detail/neighbours.hpp>

#include <algorithm>
#include <limits>

namespace diffmem {
namespace {

/// Squared distance of an image [C,H,W] to the nearest one of one colour.
std::int64_t squared_contrast(std::span<const std::uint8_t> image, std::size_t channels) {
  const std::size_t plane = image.size() / channels;
  std::int64_t sum = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto values = image.subspan(c * plane, plane);
    std::int64_t total = 0;
    for (const std::uint8_t v : values) total += v;
    const auto n = static_cast<std::int64_t>(plane), mean = (2 * total + n) / (2 * n);
    for (const std::uint8_t v : values) sum += (v - mean) * (v - mean);
  }
  return sum;
}

}  // namespace

std::int64_t detail::upper_median(std::vector<std::int64_t> squared) {
  const auto middle = squared.begin() + static_cast<std::ptrdiff_t>(squared.size() / 2);
  std::ranges::nth_element(squared, middle);
  return *middle;
}

Copies detail::copies_by(const FindApart& find, std::span<const std::uint8_t> generated, std::int64_t training,
                         std::int64_t image_size, std::int64_t channels, const Replicas& found, double threshold) {
  const std::size_t n = image_count("copies", generated.size(), image_size), size = expect_size("copies", image_size);
  if (channels < 1 || image_size % channels != 0)
    throw Error("copies", fmt::format("{} channels in {} values an image", channels, image_size),
                "C of an image size C*H*W", "pass the number of colours");
  if (n == 0 || found.flags.size() != n || found.neighbours.squared.size() != 2 * n)
    throw Error("copies", fmt::format("{} images, and {} that memorization() saw", n, found.flags.size()),
                "the same images, one at least", "pass what memorization() found of them");
  for (const std::int64_t i : found.neighbours.index)
    if (i < 0 || i >= training)
      throw Error("copies", fmt::format("image {} of {}", i, training), "the training images memorization() was given",
                  "pass what memorization() found among them");

  const Nearer nearer(threshold);
  std::vector<std::size_t> doubtful;  // what only a twin may hide
  std::vector<std::int64_t> nearest;
  std::vector<std::uint8_t> queries;
  for (std::size_t i = 0; i < n; ++i) {
    const auto image = generated.subspan(i * size, size);
    const std::int64_t d1 = found.neighbours.squared[2 * i];
    if (found.flags[i] || !(d1 < image_size || nearer(d1, squared_contrast(image, static_cast<std::size_t>(channels)))))
      continue;
    doubtful.push_back(i);
    nearest.push_back(found.neighbours.index[2 * i]);
    queries.insert(queries.end(), image.begin(), image.end());
  }
  const Neighbours far = find(queries, nearest);

  Copies result{.images = found.images,
                .copies = found.memorized,
                .ratio = 0,
                .interval = {},
                .flags = found.flags,
                .apart = std::vector<std::int64_t>(n, -1),
                .squared_apart = std::vector<std::int64_t>(n, std::numeric_limits<std::int64_t>::max())};
  for (std::size_t j = 0; j < doubtful.size(); ++j) {
    const std::size_t i = doubtful[j];
    result.apart[i] = far.index[j];
    result.squared_apart[i] = far.squared[j];
    result.flags[i] = far.index[j] >= 0 && nearer(found.neighbours.squared[2 * i], far.squared[j]);
    result.copies += result.flags[i];
  }
  result.ratio = static_cast<double>(result.copies) / static_cast<double>(result.images);
  result.interval = wilson(result.copies, result.images);
  return result;
}

std::int64_t squared_spacing(std::span<const std::uint8_t> training, std::int64_t image_size, int threads) {
  return detail::upper_median(nearest_others(training, image_size, 1, threads).squared);
}

Copies copies(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training, std::int64_t image_size,
              std::int64_t channels, const Replicas& found, std::int64_t spacing, int threads, double threshold) {
  const auto [n, m, size] = detail::image_counts("copies", generated.size(), training.size(), image_size);
  const auto find = [&](std::span<const std::uint8_t> images, std::span<const std::int64_t> nearest) {
    std::vector<std::uint8_t> like;
    for (const std::int64_t i : nearest) {
      const auto image = training.subspan(static_cast<std::size_t>(i) * size, size);
      like.insert(like.end(), image.begin(), image.end());
    }
    return nearest_apart(images, training, image_size, like, spacing, threads);
  };
  return detail::copies_by(find, generated, static_cast<std::int64_t>(m), image_size, channels, found, threshold);
}

}  // namespace diffmem
