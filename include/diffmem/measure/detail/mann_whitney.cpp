// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/mann_whitney.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace diffmem {

double mann_whitney(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  if (a.empty() || b.empty())
    throw Error("mann_whitney", fmt::format("samples of {} and {}", a.size(), b.size()), "at least one value each",
                "leave empty samples out");
  std::vector<std::pair<std::int64_t, bool>> all;  // (value, whether it is of a)
  all.reserve(a.size() + b.size());
  for (const auto v : a) all.emplace_back(v, true);
  for (const auto v : b) all.emplace_back(v, false);
  std::sort(all.begin(), all.end());

  double u = 0, ties = 0, smaller = 0;  // smaller: values of b passed so far
  for (auto first = all.begin(); first != all.end();) {
    const auto last = std::find_if(first, all.end(), [&](const auto& x) { return x.first != first->first; });
    const auto t = static_cast<double>(last - first);
    const auto of_a = static_cast<double>(std::count_if(first, last, [](const auto& x) { return x.second; }));
    u += of_a * (smaller + (t - of_a) / 2);
    ties += t * (t * t - 1);
    smaller += t - of_a;
    first = last;
  }
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), both = n + m;
  const double variance = n * m / 12 * (both + 1 - ties / (both * (both - 1)));
  return all.front().first == all.back().first ? 0 : (u - n * m / 2) / std::sqrt(variance);
}

}  // namespace diffmem
