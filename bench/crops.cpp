// SPDX-License-Identifier: MIT
// Images to measure with, as files of bytes, one image [3,32,32] after the other.
#include "bench.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/data/open.hpp>

#include <fmt/format.h>

using namespace diffmem;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsage =
    "crops FOLDER\n"
    "  writes FOLDER/{crops,noise}-{training,queries}.u8: 50,000 and 10,000 distinct 32x32 pieces of the drawings in\n"
    "  Debian's package openclipart-png (--data openclipart-crops), and uniform noise of the same sizes";

ImageSet noise_like(const ImageSet& set, std::uint64_t seed) {
  ImageSet noise = set;
  RandomStream random(seed, Stream::bootstrap);
  for (std::uint8_t& pixel : noise.pixels) pixel = static_cast<std::uint8_t>(random.bits());
  return noise;
}

void write(const fs::path& path, const ImageSet& set) {
  write_file_atomically(path, {reinterpret_cast<const char*>(set.pixels.data()), set.pixels.size()});
  fmt::print("{}: {} images\n", path.string(), set.count);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2 || std::string_view(argv[1]).starts_with("-")) {
    fmt::print(stderr, "{}\n", kUsage);
    return 2;
  }
  const fs::path folder = argv[1];
  make_folder(folder);
  std::uint64_t seed = 0;
  for (const auto& [part, split] : {std::pair("training", Split::train), std::pair("queries", Split::test)}) {
    const ImageSet crops = open_images("openclipart-crops", split);
    write(folder / fmt::format("crops-{}.u8", part), crops);
    write(folder / fmt::format("noise-{}.u8", part), noise_like(crops, seed++));
  }
  return 0;
} catch (const Error& e) {
  fmt::print(stderr, "error: {}\n", e.what());
  return 1;
}
