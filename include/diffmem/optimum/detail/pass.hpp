// SPDX-License-Identifier: MIT
// One pass over the points in integers, for a batch of queries.
#pragma once
#include <diffmem/optimum/detail/known.hpp>
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/optimum/detail/tally.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace diffmem::detail {

/// What turns whole numbers into logits, for 16 queries.
struct Lanes {
  Row place[kMostDigits] = {};                       // worth of a unit of a digit's product
  Row known[kMostKnown] = {}, low[kMostKnown] = {};  // of a known product
  Row made = {};                                     // unit of what becomes known
  Row sum = {};                                      // of a point's sum
  Row bias = {}, rate = {};                          // the rest; 1/s^2
  Row square = {}, twice = {};                       // what turns a logit into a squared distance, at least
};

/// The points' weights for each query, as sums and lists: points of weight are in the mean where many of a tile have
/// some, and listed where few have.
class Pass {
 public:
  /// `digits` of 8 bits, or as many more as the tolerance wants, for each value of what the images known to `bounds`, if
  /// any, leave of a query.  In the rows `bound_rows` it gets new bounds, and these digits as one more known image.
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
  /// A query's use of weights from before: w = change + share * those.
  struct Carried {
    bool used = false;
    double log_share = 0;
  };
  void see_weights(std::size_t q);
  void keep_weights(std::size_t q, Tally& t);
  std::size_t digits_for(std::size_t q) const;
  void pack(std::size_t q);
  /// The rows of a group's queries in `bounds_`.
  std::span<const std::size_t> rows_of(std::size_t group) const {
    return bound_rows_.subspan(group * kLanes, std::min(kLanes, queries_.size() - group * kLanes));
  }
  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }
  bool keeps_weights() const { return bounds_ && !bounds_->weights.units.empty(); }

  const Points& points_;
  std::span<const std::int64_t> members_;
  std::span<const Query> queries_;
  const ScanOptions& options_;
  std::size_t count_, digits_;
  double reach_;  // logits that far below the largest one do not count
  std::size_t lanes_, panels_ = 0, steps_;
  kernels::ByteKernel kernel_;
  Bounds* bounds_;
  std::span<const std::size_t> bound_rows_;
  Known* made_ = nullptr;          // gets what this pass has in digits
  bool made_fine_ = false;         // in twice as many bits
  std::vector<Shares> shares_;     // [queries]
  std::vector<Carried> carried_;   // [queries]
  std::vector<double> left_;       // [queries,size], of each query by the known images, and then by the digits, too
  std::vector<QueryStep> packed_;  // [panels][steps]
  std::vector<Lanes> groups_;
  std::vector<double> slack_, miss_;
  std::vector<double> least_log_sum_;  // the logit of a point that was near
};

}  // namespace diffmem::detail
