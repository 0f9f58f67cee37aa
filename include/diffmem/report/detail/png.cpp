// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/report/png.hpp>

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace diffmem {
namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour white{255, 255, 255}, framed{213, 94, 0};

Bitmap blank(int width, int height, int channels) {
  return {width, height, channels,
          std::vector<std::uint8_t>(
              static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels),
              255)};
}

void fill(Bitmap& onto, int left, int top, int width, int height, Colour colour) {
  for (int y = top; y < top + height; ++y)
    for (int x = left; x < left + width; ++x)
      for (int c = 0; c < onto.channels; ++c)
        onto.pixels[static_cast<std::size_t>((y * onto.width + x) * onto.channels + c)] =
            colour[static_cast<std::size_t>(c)];
}

/// Draws image [C,H,W] with its upper left corner at (left, top); a grey image fills every channel of `onto`.
void draw(Bitmap& onto, std::span<const std::uint8_t> image, int channels, int height, int width, int scale, int left,
          int top) {
  for (int y = 0; y < height * scale; ++y)
    for (int x = 0; x < width * scale; ++x)
      for (int c = 0; c < onto.channels; ++c) {
        const int from = (std::min(c, channels - 1) * height + y / scale) * width + x / scale;
        onto.pixels[static_cast<std::size_t>(((top + y) * onto.width + left + x) * onto.channels + c)] =
            image[static_cast<std::size_t>(from)];
      }
}

/// How many images [n,C,H,W] the bytes hold.
int image_count(std::size_t bytes, int channels, int height, int width) {
  const auto one = static_cast<std::size_t>(std::max(channels, 0)) * static_cast<std::size_t>(std::max(height, 0)) *
                   static_cast<std::size_t>(std::max(width, 0));
  if ((channels != 1 && channels != 3) || one == 0 || bytes % one != 0)
    throw Error("pictures", fmt::format("{} bytes for images of [{},{},{}]", bytes, channels, height, width),
                "whole images [n,C,H,W] with C = 1 or 3", "check channels, height and width");
  return static_cast<int>(bytes / one);
}

std::span<const std::uint8_t> nth(std::span<const std::uint8_t> images, int index, int channels, int height,
                                  int width) {
  const auto one = static_cast<std::size_t>(channels * height * width);
  return images.subspan(static_cast<std::size_t>(index) * one, one);
}

}  // namespace

std::string encode_png(const Bitmap& picture) {
  const auto& [width, height, channels, pixels] = picture;
  if (width < 1 || height < 1 || (channels != 1 && channels != 3) ||
      pixels.size() !=
          static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels))
    throw Error("png",
                fmt::format("{} bytes for {} x {} pixels of {} channels", pixels.size(), width, height, channels),
                "width * height * channels bytes, 1 or 3 channels", "check the picture's size");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr))
    throw Error("png", image.message, "a picture libpng can write", "report this");
  bytes.resize(size);
  return bytes;
}

int display_scale(int height, int width) {
  const int longer = std::max({height, width, 1});
  return (48 + longer - 1) / longer;
}

Bitmap to_bitmap(std::span<const std::uint8_t> image, int channels, int height, int width, int scale) {
  return tile_images(image, channels, height, width, 1, scale, 0);
}

Bitmap tile_images(std::span<const std::uint8_t> images, int channels, int height, int width, int columns, int scale,
                   int gap) {
  const int n = image_count(images.size(), channels, height, width);
  if (n < 1 || columns < 1 || scale < 1 || gap < 0)
    throw Error("pictures", fmt::format("{} images in {} columns, scale {}, gap {}", n, columns, scale, gap),
                "at least one of each, gap 0 or more", "check the call");
  const int across = std::min(n, columns), down = (n + columns - 1) / columns;
  Bitmap out = blank(across * (width * scale + gap) - gap, down * (height * scale + gap) - gap, channels);
  for (int i = 0; i < n; ++i)
    draw(out, nth(images, i, channels, height, width), channels, height, width, scale,
         i % columns * (width * scale + gap), i / columns * (height * scale + gap));
  return out;
}

int pair_count(const PictureStrip& strip) {
  if (strip.generated.empty() && strip.nearest.empty()) return 0;
  const int n = image_count(strip.generated.size(), strip.channels, strip.height, strip.width);
  const auto length = static_cast<std::size_t>(n);
  if (strip.nearest.size() != strip.generated.size() || strip.flags.size() != length || strip.ratio.size() != length)
    throw Error("pictures",
                fmt::format("{} bytes generated, {} nearest, {} flags, {} ratios", strip.generated.size(),
                            strip.nearest.size(), strip.flags.size(), strip.ratio.size()),
                "one nearest image, flag and ratio for each generated image", "fill the strip from one measurement");
  return n;
}

Bitmap pair_picture(const PictureStrip& strip, int columns) {
  const int n = pair_count(strip);
  if (n < 1 || columns < 1)
    throw Error("pictures", fmt::format("{} pairs in {} columns", n, columns), "at least one", "check the strip");
  const int scale = display_scale(strip.height, strip.width), frame = 4, gap = 6;
  const int width = strip.width * scale, height = strip.height * scale;
  const int cell_width = width + 2 * frame, cell_height = 2 * height + 3 * frame;
  const int across = std::min(n, columns), down = (n + columns - 1) / columns;
  Bitmap out = blank(across * (cell_width + gap) + gap, down * (cell_height + gap) + gap, 3);
  for (int i = 0; i < n; ++i) {
    const int left = gap + i % columns * (cell_width + gap), top = gap + i / columns * (cell_height + gap);
    fill(out, left, top, cell_width, cell_height, strip.flags[static_cast<std::size_t>(i)] ? framed : white);
    for (const int second : {0, 1})
      draw(out, nth(second ? strip.nearest : strip.generated, i, strip.channels, strip.height, strip.width),
           strip.channels, strip.height, strip.width, scale, left + frame, top + frame + second * (height + frame));
  }
  return out;
}

}  // namespace diffmem
