// SPDX-License-Identifier: MIT
// Fewer pixels by averaging, more by a border, a square by cutting; never invented ones.
#pragma once
#include <diffmem/data/image_set.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace diffmem {

/// How shrink() makes fewer pixels.
enum class Shrink {
  area,     ///< exact area means, in integers, rounded half up once
  box,      ///< Pillow's BOX, byte for byte: it weighs whole pixels and rounds after each of two passes
  lanczos,  ///< Pillow's LANCZOS (3 lobes), byte for byte: the paper's reduced resolutions
};
inline constexpr std::array<std::string_view, 3> kShrinkWords{"area", "box", "lanczos"};
constexpr const auto& words_of(Shrink) { return kShrinkWords; }

/// Every image brought down to size x size.  By `area`, each new pixel is the exact area mean of the old ones it covers,
/// fractions of them included (28 -> 8).  Sides that differ are squeezed to a square.  The name gains " 8x8", or
/// " 8x8 lanczos".  Error if `size` is below 1 or above a side.
ImageSet shrink(const ImageSet& set, int size, Shrink how = Shrink::area);

/// The largest square in the middle of every image, by `area`: of an odd rest half a pixel is cut at each end, so that
/// an image and a smaller copy of it give the same square.  Otherwise shrink(crop_square(set), size), names and errors
/// too.
ImageSet shrink_middle(const ImageSet& set, int size);

/// The largest square in the middle of every image: of an odd rest the greater part goes right or below.  The name gains
/// " cropped 75x75".
ImageSet crop_square(const ImageSet& set);

/// Every image in the middle of a size x size one of this grey level, black if none is given (28 -> 32: a border of 2; an
/// odd rest goes right and below).  The name gains " padded 32x32".  Error if `size` is below a side.
ImageSet pad(const ImageSet& set, int size, std::uint8_t level = 0);

}  // namespace diffmem
