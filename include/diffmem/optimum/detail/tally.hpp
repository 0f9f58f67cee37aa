// SPDX-License-Identifier: MIT
// Sums over points relative to the largest logit, so that none over- or underflows, and lists of the points that count.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace diffmem::detail {

inline constexpr double kNothing = -std::numeric_limits<double>::infinity();

struct Candidate {
  std::size_t point;  // place among the members
  double logit;
};

/// Σ over some points, relative to the largest logit.
struct Tally {
  double most = kNothing, sum = 0, slope = 0;
  double half_square = 0;      // Σ e |x|^2/2, of what is not in `few`
  double off = 0;              // Σ e rounded away
  double used = 0;             // Σ e as they are in the mean
  std::vector<double> mean;    // Σ e v; empty: nothing dense
  std::vector<Candidate> few;  // points of weight that are not in the mean
  std::vector<Candidate> top;  // those that may be among the largest

  void rebase(double to) {
    if (!(to > most)) return;
    const double shift = most - to, scale = sum > 0 ? std::exp(shift) : 0;
    slope = sum > 0 ? (slope + sum * shift) * scale : 0;
    sum *= scale, half_square *= scale, off *= scale, used *= scale;
    for (double& x : mean) x *= scale;
    most = to;
  }
  void absorb(Tally& other) {
    const double to = std::max(most, other.most);
    rebase(to), other.rebase(to);
    sum += other.sum, slope += other.slope, half_square += other.half_square;
    off += other.off, used += other.used;
    if (mean.empty())
      mean = std::move(other.mean);
    else
      for (std::size_t j = 0; j < other.mean.size(); ++j) mean[j] += other.mean[j];
    few.insert(few.end(), other.few.begin(), other.few.end());
    top.insert(top.end(), other.top.begin(), other.top.end());
  }
};

inline bool before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.point < b.point;
}
inline void keep_largest(std::vector<Candidate>& list, std::size_t most) {
  const std::size_t keep = std::min(most, list.size());
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(keep), list.end(), before);
  list.resize(keep);
}
/// Leaves those that may be among the `most` largest, if a logit may be off by `slack`; the least such logit.
inline double keep_possible(std::vector<Candidate>& list, std::size_t most, double slack) {
  if (list.size() < most) return kNothing;
  const auto last = list.begin() + static_cast<std::ptrdiff_t>(most - 1);
  std::nth_element(list.begin(), last, list.end(), before);
  const double least = last->logit - 2 * slack;
  std::erase_if(list, [&](const Candidate& c) { return c.logit < least; });
  return least;
}

}  // namespace diffmem::detail
