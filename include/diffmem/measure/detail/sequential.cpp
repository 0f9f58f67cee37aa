// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/sequential.hpp>

#include <algorithm>
#include <cmath>

namespace diffmem {

std::vector<std::int64_t> looks_of(std::int64_t images) {
  constexpr double kFirst = 100, kGrowth = 1.4;
  std::vector<std::int64_t> looks;
  for (double look = kFirst; look < static_cast<double>(images); look = std::round(kGrowth * look))
    looks.push_back(static_cast<std::int64_t>(look));
  looks.push_back(images);
  return looks;
}

Interval interval_at_look(std::int64_t hits, std::int64_t n, std::int64_t images) {
  return clopper_pearson(hits, n, 1 - 0.05 / static_cast<double>(looks_of(images).size()));
}

void StopRule::validate() const {
  need(half_width >= 0 && half_width < 0.5, "sampling", "stop.half_width", half_width, "0 (off) to less than 0.5");
  need(bound >= 0 && bound < 1, "sampling", "stop.bound", bound, "0 (off) to less than 1");
}

bool SequentialTest::add(bool memorized) {
  ++images_, hits_ += memorized;
  return std::ranges::binary_search(looks_, images_) && rule_(interval_at_look(hits_, images_, most_));
}

}  // namespace diffmem
