// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/digest.hpp>

#include <fmt/format.h>

namespace diffmem {
namespace {

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void expect_index(const ImageSet& set, std::int64_t i) {
  if (i < 0 || i >= set.count)
    throw Error("image set", fmt::format("index {} into \"{}\"", i, set.name), fmt::format("0 to {}", set.count - 1),
                "choose indices from this set");
}

}  // namespace

std::span<const std::uint8_t> ImageSet::image(std::int64_t i) const {
  expect_index(*this, i);
  const auto size = static_cast<std::size_t>(image_size());
  return {pixels.data() + static_cast<std::size_t>(i) * size, size};
}

std::string ImageSet::digest() const { return digest_without_pixels(*this, diffmem::digest(bytes_of(pixels))); }

std::string digest_without_pixels(const ImageSet& rest, std::string_view pixels) {
  return diffmem::digest(fmt::format("{} {} {} {} {} {}", rest.count, rest.channels, rest.height, rest.width, pixels,
                                     diffmem::digest(bytes_of(rest.labels))));
}

void ImageSet::validate(std::string_view who) const {
  const auto complain = [&](const std::string& got, const std::string& want) {
    throw Error(who, fmt::format("{} in \"{}\"", got, name), want, "check how this image set was made");
  };
  if (count < 1 || channels < 1 || height < 1 || width < 1)
    complain(fmt::format("shape [{},{},{},{}]", count, channels, height, width), "four positive sizes [N,C,H,W]");
  if (static_cast<std::int64_t>(pixels.size()) != count * image_size())
    complain(fmt::format("{} pixel values", pixels.size()),
             fmt::format("{} = {}*{}*{}*{}", count * image_size(), count, channels, height, width));
  if (!labels.empty() && static_cast<std::int64_t>(labels.size()) != count)
    complain(fmt::format("{} labels", labels.size()), fmt::format("{} labels, one an image, or none", count));
  if (labels.empty() != (classes == 0))
    complain(fmt::format("{} classes and {} labels", classes, labels.size()), "classes exactly when there are labels");
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || labels[i] >= classes)
      complain(fmt::format("label {} of image {}", labels[i], i), fmt::format("labels 0 to {}", classes - 1));
  if (!captions.empty() && static_cast<std::int64_t>(captions.size()) != count)
    complain(fmt::format("{} captions", captions.size()), fmt::format("{} captions, one an image, or none", count));
  if (!class_names.empty() && static_cast<std::int64_t>(class_names.size()) != classes)
    complain(fmt::format("{} class names", class_names.size()), fmt::format("{}, one a class, or none", classes));
}

ImageSet select(const ImageSet& set, std::span<const std::int64_t> indices) {
  ImageSet chosen{.name = set.name,
                  .count = static_cast<std::int64_t>(indices.size()),
                  .channels = set.channels,
                  .height = set.height,
                  .width = set.width,
                  .pixels = {},
                  .labels = {},
                  .classes = set.classes,
                  .captions = {},
                  .class_names = set.class_names};
  chosen.pixels.reserve(indices.size() * static_cast<std::size_t>(set.image_size()));
  for (const std::int64_t i : indices) {
    const auto image = set.image(i);
    chosen.pixels.insert(chosen.pixels.end(), image.begin(), image.end());
    if (!set.labels.empty()) chosen.labels.push_back(set.labels[static_cast<std::size_t>(i)]);
    if (!set.captions.empty()) chosen.captions.push_back(set.captions[static_cast<std::size_t>(i)]);
  }
  return chosen;
}

ImageSet in_colour(ImageSet set) {
  if (set.channels != 1) return set;
  const auto area = static_cast<std::size_t>(set.height * set.width);
  std::vector<std::uint8_t> pixels;
  pixels.reserve(3 * set.pixels.size());
  for (std::size_t at = 0; at < set.pixels.size(); at += area)
    for (int c = 0; c < 3; ++c)
      pixels.insert(pixels.end(), set.pixels.begin() + static_cast<std::ptrdiff_t>(at),
                    set.pixels.begin() + static_cast<std::ptrdiff_t>(at + area));
  set.channels = 3;
  set.pixels = std::move(pixels);
  return set;
}

}  // namespace diffmem
