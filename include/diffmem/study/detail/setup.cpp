// SPDX-License-Identifier: MIT
#include <diffmem/data/subset.hpp>
#include <diffmem/study/setup.hpp>

namespace diffmem {

ImageSet training_images(const ImageSet& all, const DataParams& p) {
  ImageSet set = p.size == 0 ? all : select(all, balanced_subset(all, p.size, p.seed));
  if (p.resolution > 0 && p.resolution != set.height) set = shrink(set, p.resolution, p.shrink);
  return set;
}

}  // namespace diffmem
