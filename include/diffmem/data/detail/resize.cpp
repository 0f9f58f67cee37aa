// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/resize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diffmem {
namespace {

/// How new pixel `to` overlaps old pixel `from`, in units of 1/(2 size) of an old pixel; the overlaps of one `to` add
/// up to twice what is kept of the old side.
struct Overlap {
  std::int64_t to, from, length;
};

/// Of the `kept` pixels in the middle of a side; of an odd rest, half a pixel goes at each end.
std::vector<Overlap> overlaps(std::int64_t side, std::int64_t kept, std::int64_t size) {
  const std::int64_t pixel = 2 * size;
  std::vector<Overlap> all;
  for (std::int64_t to = 0; to < size; ++to) {
    const std::int64_t begin = (side - kept) * size + 2 * to * kept, end = begin + 2 * kept;
    for (std::int64_t from = begin / pixel; from * pixel < end; ++from)
      all.push_back({to, from, std::min((from + 1) * pixel, end) - std::max(from * pixel, begin)});
  }
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
                .classes = set.classes,
                .captions = set.captions,
                .class_names = set.class_names};
  made.pixels.resize(static_cast<std::size_t>(made.count * made.image_size()));
  return made;
}

/// Fills the square images of `made` by exact area means over the height x width pixels in the middle.
void shrink_area(const ImageSet& set, std::int64_t height, std::int64_t width, ImageSet& made) {
  const std::int64_t size = made.height, area = 4 * height * width;
  const auto rows = overlaps(set.height, height, size), columns = overlaps(set.width, width, size);
  std::vector<std::int64_t> narrow(static_cast<std::size_t>(set.height * size));  // [H, size], times 2 width
  std::vector<std::int64_t> small(static_cast<std::size_t>(size * size));         // times `area`
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
    old_plane += set.height * set.width;
  }
}

constexpr int kBits = 22;  // of the fixed-point weights of Pillow's 8-bit resampling

/// The old pixels first ... first+weights.size()-1 that make one new pixel, with weights in units of 2^-kBits that add up to 1.
struct Taps {
  std::int64_t first;
  std::vector<std::int64_t> weights;
};

double lanczos3(double x) {
  const auto sinc = [](double t) { return t == 0 ? 1.0 : std::sin(t * std::numbers::pi) / (t * std::numbers::pi); };
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0.0;
}
double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

/// A filter widened by the scale side / size and placed on the middle of each new pixel, as Pillow does.
std::vector<Taps> pillow_taps(std::int64_t side, std::int64_t size, Shrink how) {
  const double scale = static_cast<double>(side) / static_cast<double>(size);
  const double support = (how == Shrink::lanczos ? 3.0 : 0.5) * scale;
  std::vector<Taps> all;
  for (std::int64_t to = 0; to < size; ++to) {
    const double middle = (static_cast<double>(to) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(middle - support + 0.5)));
    const auto end = std::min(side, static_cast<std::int64_t>(std::floor(middle + support + 0.5)));
    std::vector<double> raw;
    double sum = 0;
    for (std::int64_t i = first; i < end; ++i) {
      const double at = (static_cast<double>(i) - middle + 0.5) * (1.0 / scale);
      raw.push_back(how == Shrink::lanczos ? lanczos3(at) : box(at));
      sum += raw.back();
    }
    Taps taps{first, {}};
    for (const double w : raw) taps.weights.push_back(std::llround(w / sum * (1 << kBits)));
    all.push_back(std::move(taps));
  }
  return all;
}

/// Fills the square images of `made` as Pillow does: across, rounded to bytes, then down, rounded again.
void shrink_pillow(const ImageSet& set, ImageSet& made, Shrink how) {
  const std::int64_t size = made.height;
  const auto columns = pillow_taps(set.width, size, how), rows = pillow_taps(set.height, size, how);
  // One new pixel from old ones that lie `step` apart.
  const auto weigh = [](const Taps& taps, const std::uint8_t* line, std::int64_t step) {
    std::int64_t sum = std::int64_t{1} << (kBits - 1);
    for (std::size_t k = 0; k < taps.weights.size(); ++k)
      sum += taps.weights[k] * line[(taps.first + static_cast<std::int64_t>(k)) * step];
    return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> kBits, 0, 255));
  };
  std::vector<std::uint8_t> narrow(static_cast<std::size_t>(set.height * size));  // [H, size]
  const std::uint8_t* old_plane = set.pixels.data();
  std::uint8_t* new_pixel = made.pixels.data();
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane) {
    std::uint8_t* narrow_pixel = narrow.data();
    for (std::int64_t y = 0; y < set.height; ++y)
      for (const Taps& taps : columns) *narrow_pixel++ = weigh(taps, old_plane + y * set.width, 1);
    for (const Taps& taps : rows)
      for (std::int64_t x = 0; x < size; ++x) *new_pixel++ = weigh(taps, narrow.data() + x, size);
    old_plane += set.height * set.width;
  }
}

void expect_smaller(std::string_view who, const ImageSet& set, int size) {
  if (size < 1 || size > std::min(set.height, set.width))
    throw Error(who, fmt::format("size {} for images of {}x{}", size, set.height, set.width),
                fmt::format("1 to {}", std::min(set.height, set.width)),
                "choose a smaller size; images are never enlarged");
}

}  // namespace

ImageSet shrink(const ImageSet& set, int size, Shrink how) {
  expect_smaller("shrink", set, size);
  if (size == set.height && size == set.width) return set;
  const std::string by = how == Shrink::area ? "" : fmt::format(" {}", words_of(how)[static_cast<std::size_t>(how)]);
  ImageSet made = blank(set, size, fmt::format("{} {}x{}{}", set.name, size, size, by));
  if (how == Shrink::area)
    shrink_area(set, set.height, set.width, made);
  else
    shrink_pillow(set, made, how);
  return made;
}

ImageSet shrink_middle(const ImageSet& set, int size) {
  if (set.height == set.width) return shrink(set, size);
  const std::int64_t side = std::min(set.height, set.width);
  expect_smaller("shrink_middle", set, size);
  const std::string by = size == side ? "" : fmt::format(" {}x{}", size, size);
  ImageSet made = blank(set, size, fmt::format("{} cropped {}x{}{}", set.name, side, side, by));
  shrink_area(set, side, side, made);
  return made;
}

ImageSet crop_square(const ImageSet& set) {
  const std::int64_t size = std::min(set.height, set.width);
  if (set.height == set.width) return set;
  ImageSet made = blank(set, size, fmt::format("{} cropped {}x{}", set.name, size, size));
  const std::int64_t top = (set.height - size) / 2, left = (set.width - size) / 2;
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane)
    for (std::int64_t y = 0; y < size; ++y)
      std::copy_n(set.pixels.data() + (plane * set.height + top + y) * set.width + left, size,
                  made.pixels.data() + (plane * size + y) * size);
  return made;
}

ImageSet pad(const ImageSet& set, int size, std::uint8_t level) {
  if (size < std::max(set.height, set.width))
    throw Error("pad", fmt::format("size {} for images of {}x{}", size, set.height, set.width),
                fmt::format("at least {}", std::max(set.height, set.width)),
                "choose a larger size, or shrink the images");
  if (size == set.height && size == set.width) return set;
  ImageSet made = blank(set, size, fmt::format("{} padded {}x{}", set.name, size, size));
  std::fill(made.pixels.begin(), made.pixels.end(), level);
  const std::int64_t top = (size - set.height) / 2, left = (size - set.width) / 2;
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane)
    for (std::int64_t y = 0; y < set.height; ++y)
      std::copy_n(set.pixels.data() + (plane * set.height + y) * set.width, set.width,
                  made.pixels.data() + (plane * size + top + y) * size + left);
  return made;
}

}  // namespace diffmem
