// SPDX-License-Identifier: MIT
// Pictures: bytes to PNG, many small images to one that can be seen.
#pragma once
#include <diffmem/report/records.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffmem {

/// A picture in memory, grey (1 channel) or RGB (3).
struct Bitmap {
  int width = 0, height = 0, channels = 1;
  std::vector<std::uint8_t> pixels;  ///< [H,W,C]
};

/// A PNG file as bytes.  Error if the picture's pixels are not as many as its sizes say, or it has not 1 or 3 channels.
std::string encode_png(const Bitmap& picture);

/// The smallest whole factor that draws an image of this size at 48 pixels or more on its longer side.
int display_scale(int height, int width);

/// One image [C,H,W] as a picture, each pixel repeated `scale` times both ways.
Bitmap to_bitmap(std::span<const std::uint8_t> image, int channels, int height, int width, int scale = 1);

/// n images [n,C,H,W] row by row, `columns` in a row, `gap` white pixels between them.  Error when n is 0 or the size is wrong.
Bitmap tile_images(std::span<const std::uint8_t> images, int channels, int height, int width, int columns, int scale,
                   int gap = 4);

/// Generated images above their nearest training images, `columns` pairs in a row; memorized pairs are framed.  RGB.
/// Error when the strip is empty or its parts differ in length.
Bitmap pair_picture(const PictureStrip& strip, int columns = 8);

/// How many pairs a strip holds.  Error when its parts differ in length.
int pair_count(const PictureStrip& strip);

}  // namespace diffmem
