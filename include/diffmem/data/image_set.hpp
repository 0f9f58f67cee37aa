// SPDX-License-Identifier: MIT
// ImageSet: images as they are on disk, and selections of them.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// Which part of a published data set.
enum class Split { train, test };

/// Images as they are on disk: uint8 [N,C,H,W], row-major, grey levels 0..255, with one label each (or none at all).
struct ImageSet {
  std::string name;                        ///< what it is, with what was done to it: "fashion-mnist 8x8"
  std::int64_t count = 0;                  ///< N
  std::int64_t channels = 0;               ///< C: 1 or 3
  std::int64_t height = 0;                 ///< H
  std::int64_t width = 0;                  ///< W
  std::vector<std::uint8_t> pixels;        ///< [N,C,H,W]
  std::vector<std::int64_t> labels;        ///< [N], each in 0..classes-1; or empty
  std::int64_t classes = 0;                ///< number of classes (a selection keeps its parent's); 0 without labels
  std::vector<std::string> captions{};     ///< [N], UTF-8; or empty
  std::vector<std::string> class_names{};  ///< [classes], of the folders that labels come from, any bytes; or empty

  /// Values of one image, C*H*W.
  std::int64_t image_size() const { return channels * height * width; }
  /// Image i, [C,H,W].  Error if there is none.
  std::span<const std::uint8_t> image(std::int64_t i) const;
  /// XXH3-128 of shape, pixels and labels, as 32 hexadecimal digits.  Names and captions do not count: they say what an
  /// image is called, and what is made of them (prompts) is recorded where it is made.
  std::string digest() const;
  /// Error, in the name of `who`, if a size is not positive, the pixels, labels, captions or class names do not match
  /// the sizes, or a label is out of range.
  void validate(std::string_view who = "image set") const;
};

/// The images `indices` of `set`, in that order, with their labels and captions; repeats are allowed.  Error on an index
/// outside it.
ImageSet select(const ImageSet& set, std::span<const std::int64_t> indices);

/// A grey set with its plane repeated for red, green and blue; a colour set as it is.
ImageSet in_colour(ImageSet set);

}  // namespace diffmem
