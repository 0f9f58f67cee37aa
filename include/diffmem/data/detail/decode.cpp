// SPDX-License-Identifier: MIT
#include <diffmem/data/detail/decode.hpp>

#include <fmt/format.h>

namespace diffmem::decode {

constexpr std::uint64_t kLongestSide = 1 << 15, kMostPixels = 1 << 26;  // the limits folder.hpp tells of

void expect_size(std::uint64_t height, std::uint64_t width) {
  if (height < 1 || width < 1 || height > kLongestSide || width > kLongestSide || height * width > kMostPixels)
    throw Broken(
        fmt::format("{}x{} pixels, more than {} a side or {} in all", width, height, kLongestSide, kMostPixels));
}

ImageSet blank(std::int64_t channels, std::uint64_t height, std::uint64_t width) {
  ImageSet set;
  set.count = 1;
  set.channels = channels;
  set.height = static_cast<std::int64_t>(height);
  set.width = static_cast<std::int64_t>(width);
  set.pixels.resize(static_cast<std::size_t>(set.image_size()));
  return set;
}

ImageSet image(std::string_view bytes) {
  if (bytes.empty()) throw Broken("empty");
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return png(bytes);
  if (bytes.starts_with("\xff\xd8\xff")) return jpeg(bytes);
  throw Broken("neither PNG nor JPEG");
}

}  // namespace diffmem::decode
