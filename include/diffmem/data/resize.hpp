// SPDX-License-Identifier: MIT
// Fewer pixels by averaging, more by a black border; never invented ones.
#pragma once
#include <diffmem/data/image_set.hpp>

namespace diffmem {

/// Every image averaged down to size x size: each new pixel is the exact area mean of the old ones it covers, fractions
/// of them included (28 -> 8), in integer arithmetic, rounded half up once.  Sides that differ are squeezed to a
/// square.  The name gains " 8x8".  Error if `size` is below 1 or above a side.
///
/// (Pillow's BOX rounds after each of its two passes, so it may differ by one grey level even where 32 -> 16.)
ImageSet shrink(const ImageSet& set, int size);

/// Every image in the middle of a black size x size one (28 -> 32: a border of 2; an odd rest goes right and below).
/// The name gains " padded 32x32".  Error if `size` is below a side.
ImageSet pad(const ImageSet& set, int size);

}  // namespace diffmem
