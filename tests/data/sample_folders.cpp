// SPDX-License-Identifier: MIT
// sample_folders FOLDER: small folders of smooth coloured images for tests/script/measure.sh, with known copies.
//
//     training/    a/00.png ... b/39.png, of 48x40 pixels; two of them once more under other names
//     generated/   fresh-00.png ... fresh-19.png, and copies of training images 3 (JPEG), 5 (a grey level brighter), 7
//                  (twice the size) and 9 (other bytes, same pixels); cut.png, text.jpg
//     held-out/    fresh-20.png ... fresh-49.png
//     large.png    3000x3000
#include "image_files.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numbers>

using namespace diffmem;

namespace {

namespace fs = std::filesystem;

/// Picture `seed`, anywhere in the unit square: a few waves in each channel, so that two pictures are far apart.
double picture(std::uint64_t seed, double u, double v, int c) {
  RandomStream random(seed, Stream::sample_latent, static_cast<std::uint64_t>(c));
  double sum = 0;
  for (int wave = 0; wave < 4; ++wave) {
    const double across = 6 * random.uniform() - 3, down = 6 * random.uniform() - 3, phase = random.uniform();
    sum += std::cos(2 * std::numbers::pi * (across * u + down * v + phase));
  }
  return 128 + 45 * sum;
}

Samples samples_of(std::uint64_t seed, int width, int height, double brighter = 0) {
  return [=](int x, int y, int c) {
    const double value = picture(seed, (x + 0.5) / width, (y + 0.5) / height, c) + brighter;
    return static_cast<unsigned>(std::clamp(value, 0.0, 255.0));
  };
}

void write(const fs::path& path, const std::string& bytes) {
  make_folder(path.parent_path());
  write_file_atomically(path, bytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const fs::path folder = argv[1];
  const auto png = [](std::uint64_t seed, bool interlaced = false) {
    return png_file(48, 40, {.interlaced = interlaced}, samples_of(seed, 48, 40));
  };
  for (std::uint64_t i = 0; i < 40; ++i)
    write(folder / "training" / (i < 20 ? "a" : "b") / fmt::format("{:02}.png", i), png(i));
  write(folder / "training/a/again-11.png", png(11, true));
  write(folder / "training/b/again-11.png", png(11));
  for (std::uint64_t i = 0; i < 50; ++i)
    write(folder / (i < 20 ? "generated" : "held-out") / fmt::format("fresh-{:02}.png", i), png(1000 + i));
  const fs::path generated = folder / "generated";
  write(generated / "copy-03.jpg", jpeg_file(48, 40, JCS_RGB, samples_of(3, 48, 40), 85));
  write(generated / "copy-05.png", png_file(48, 40, {}, samples_of(5, 48, 40, 1)));
  write(generated / "copy-07.png", png_file(96, 80, {}, samples_of(7, 96, 80)));
  write(generated / "copy-09.png", png(9, true));
  write(generated / "cut.png", png(1).substr(0, 700));
  write(generated / "text.jpg", "not an image");
  write(folder / "large.png", png_file(3000, 3000, {.colour_type = PNG_COLOR_TYPE_GRAY},
                                       [](int x, int y, int) { return static_cast<unsigned>(x / 16 + y / 16) & 255; }));
}
