// SPDX-License-Identifier: MIT
// Bytes are no PNG or JPEG that can be used, or an image of sound sizes.
#include "fuzz.hpp"

#include <diffmem/data/detail/decode.hpp>

#include <zlib.h>

#include <algorithm>

using namespace diffmem;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

void put_number(std::uint8_t* at, std::uint64_t number) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
}

std::string chunk(const std::string& name, const std::string& content) {
  std::string whole(4, '\0');
  put_number(reinterpret_cast<std::uint8_t*>(whole.data()), content.size());
  return whole + name + content + std::string(4, '\0');
}

/// A PNG of 2x2 colours, to begin with; its checksums are still to be set.
std::string seed() {
  const std::string lines("\0abcdef\1ghijkl", 14);
  std::string packed(64, '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(lines.data()), lines.size());
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", std::string("\0\0\0\2\0\0\0\2\x08\2\0\0\0", 13)) +
         chunk("tRNS", std::string("\0a\0b\0c", 6)) + chunk("IDAT", packed.substr(0, size)) + chunk("IEND", "");
}

/// Sets the checksums of a PNG's chunks right, behind which no change would get otherwise.
void set_checksums(std::uint8_t* data, std::size_t size) {
  if (!fuzz::text_of(data, size).starts_with("\x89PNG")) return;
  for (std::size_t at = 8; at + 12 <= size;) {
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | data[at + static_cast<std::size_t>(i)];
    if (length > size - at - 12) return;
    put_number(data + at + 8 + length, crc32(0, data + at + 4, static_cast<uInt>(length + 4)));
    at += 12 + length;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int number) {
  static const std::string kSeed = seed();
  if (number % 256 == 0 && kSeed.size() <= most) {
    size = kSeed.size();
    std::copy(kSeed.begin(), kSeed.end(), data);
  }
  size = LLVMFuzzerMutate(data, size, most);
  set_checksums(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  ImageSet image;
  if (fuzz::passes<decode::Broken>([&] { image = decode::image(bytes); })) image.validate();
  return 0;
}
