// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
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
  const auto chosen = [&] {
    return p.subset == SubsetRule::first ? first_of_each_class(all, p.size) : balanced_subset(all, p.size, p.seed);
  };
  ImageSet set = p.size == 0 ? all : select(all, chosen());
  if (p.resolution > 0 && p.resolution != set.height) set = shrink(set, p.resolution, p.shrink);
  return set;
}

}  // namespace diffmem
