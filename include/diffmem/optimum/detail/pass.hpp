// SPDX-License-Identifier: MIT
// One pass over the points in integers, for a batch of queries.
#pragma once
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/optimum/detail/tally.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace diffmem::detail {

/// The points' weights for each query, as sums and lists: points of weight are in the mean where many of a tile have
/// some, and listed where few have.
class Pass {
  /// Value y of a query is least + unit * u + what is left, u a whole number.
  struct Digits {
    double least, unit;
    double whole(double y) const { return std::nearbyint((y - least) / unit); }
    double left(double y) const { return y - (least + unit * whole(y)); }
  };

 public:
  /// `digits` of 8 bits for each value of a query.  `bounds`, if any, gets new bounds in the rows `bound_rows`.
  Pass(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries, std::size_t digits,
       const ScanOptions& options, Bounds* bounds, std::span<const std::size_t> bound_rows);

  /// The largest error of a logit of query q.
  double slack(std::size_t q) const { return slack_[q]; }
  /// What the digits leave of its image, over s^2: times a deviation of x, the deviation of its logits' errors.
  double miss(std::size_t q) const { return miss_[q]; }
  /// What the digits leave of its image, times `x`, over s^2: the error of the logit of an image at x.
  double miss_along(std::size_t q, const double* x) const;

  std::vector<Tally> run();

 private:
  struct Worker;
  void pack(std::size_t q);
  Digits digits_of(std::size_t q) const;
  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }

  const Points& points_;
  std::span<const std::int64_t> members_;
  std::span<const Query> queries_;
  const ScanOptions& options_;
  std::size_t count_, digits_;
  double reach_;  // logits that far below the largest one do not count
  std::size_t lanes_, panels_, steps_;
  kernels::ByteKernel kernel_;
  Bounds* bounds_;
  std::span<const std::size_t> bound_rows_;
  std::vector<QueryStep> packed_;  // [panels][steps]
  std::vector<Lanes> groups_;
  std::vector<double> slack_, miss_, square_, twice_;
};

}  // namespace diffmem::detail
