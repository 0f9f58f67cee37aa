// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/subset.hpp>
#include <diffmem/study/setup.hpp>

#include <fmt/format.h>

namespace diffmem {

void DataParams::validate() const {
  if (resolution < 0)
    throw Error("data", fmt::format("resolution = {}", resolution), "0 (as it is) or more", "correct the setting");
  if (size < 0) throw Error("data", fmt::format("size = {}", size), "0 (all of it) or more", "correct the setting");
}

void Setup::validate() const {
  data.validate();
  train.validate();
  sample.validate();
}

ImageSet training_images(const ImageSet& all, const DataParams& p) {
  ImageSet set = p.size == 0 ? all : select(all, balanced_subset(all, p.size, p.seed));
  if (p.resolution > 0 && p.resolution != set.height) set = shrink(set, p.resolution, p.shrink);
  return set;
}

}  // namespace diffmem
