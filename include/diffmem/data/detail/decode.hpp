// SPDX-License-Identifier: MIT
// The bytes of one image file to pixels.
#pragma once
#include <diffmem/data/image_set.hpp>

#include <span>
#include <stdexcept>
#include <string_view>

namespace diffmem::decode {

/// Its text says why a file is no image that can be used.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The image in the bytes of a PNG or JPEG file, told apart by their beginning, as a set of one: grey [1,1,H,W] or colour
/// [1,3,H,W].  Broken if there is none.
ImageSet image(std::string_view bytes);
ImageSet png(std::string_view bytes);
ImageSet jpeg(std::string_view bytes);

/// Broken if an image of this size should not be decoded.
void expect_size(std::uint64_t height, std::uint64_t width);
/// A set of one, its pixels still to be filled.
ImageSet blank(std::int64_t channels, std::uint64_t height, std::uint64_t width);

}  // namespace diffmem::decode
