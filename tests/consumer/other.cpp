// SPDX-License-Identifier: MIT
// A second unit that sees the same headers: the program links only if they define nothing twice.
#include <diffmem/data/image_set.hpp>
#include <diffmem/train/trainer.hpp>

diffmem::ImageSet stripes(std::int64_t count) {
  diffmem::ImageSet set{.name = "stripes", .count = count, .channels = 1, .height = 8, .width = 8, .classes = 1};
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t pixel = 0; pixel < 64; ++pixel) set.pixels.push_back((pixel + i) % 4 < 2 ? 255 : 0);
    set.labels.push_back(0);
  }
  return set;
}
