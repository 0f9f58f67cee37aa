// SPDX-License-Identifier: MIT
// The posterior over points that are named one by one, in float64.
#pragma once
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/optimum/detail/tally.hpp>
#include <diffmem/optimum/detail/vector.hpp>

namespace diffmem::detail {

/// In float64: some points' part of the answer to one query.
class Exact {
 public:
  Exact(const Points& points, std::span<const std::int64_t> members, const Query& query, std::size_t top)
      : points_(points), members_(members), query_(query), top_(top), mean_(points.size) {}

  /// Adds points, given by their places among the members, each once.  distance(place, d) sees each distance.
  template <class See>
  void add(std::span<const std::size_t> places, See&& see) {
    const double rate = -0.5 / (query_.s * query_.s);
    std::vector<Candidate> list;
    list.reserve(places.size());
    for (const std::size_t place : places) {
      const std::size_t n = id(place);
      const double squared = squared_distance(query_.y, points_[n], points_.size);
      see(place, squared);
      list.push_back({place, rate * squared + (points_.log_weight.empty() ? 0 : points_.log_weight[n])});
    }
    double most = most_;
    for (const Candidate& c : list) most = std::max(most, c.logit);
    const double shift = most_ - most, scale = sum_ > 0 ? std::exp(shift) : 0;
    slope_ = sum_ > 0 ? (slope_ + sum_ * shift) * scale : 0, sum_ *= scale, most_ = most;
    for (double& x : mean_) x *= scale;
    for (const Candidate& c : list) {
      const double x = c.logit - most, e = std::exp(x);
      if (!(e > 0)) continue;
      sum_ += e, slope_ += e * x;
      if (e <= kTiny) continue;
      add_image(mean_.data(), e, points_[id(c.point)], points_.size);
      heavy_.push_back(c);
    }
    best_.insert(best_.end(), list.begin(), list.end());
    keep_largest(best_, top_);
  }

  /// The mean and everything that it takes; `outside`: points that were not added, none with a logit within `reach` of
  /// the largest.
  void finish(Answer& a, double outside, double reach) const {
    for (std::size_t j = 0; j < mean_.size(); ++j) a.mean[j] = mean_[j] / sum_;
    a.log_sum = most_ + std::log(sum_);
    a.entropy = std::max(0.0, std::log(sum_) - slope_ / sum_);
    a.max_weight = 1 / sum_;
    const double rest = outside * std::exp(-reach) / sum_;
    a.error = rest / (1 + rest);
    a.top.clear(), a.top_weight.clear();
    for (std::size_t i = 0; i < std::min(top_, best_.size()); ++i) {
      a.top.push_back(static_cast<std::int64_t>(id(best_[i].point)));
      a.top_weight.push_back(std::exp(best_[i].logit - most_) / sum_);
    }
  }
  /// Whether all of the largest weights are within `reach` of the largest.
  bool reaches(double reach) const { return best_.empty() || best_.back().logit >= best_.front().logit - reach; }
  /// Σ w |x - mean|^2.
  double spread(const double* mean) const {
    double sum = 0;
    for (const Candidate& c : heavy_)
      sum += std::exp(c.logit - most_) * squared_distance(mean, points_[id(c.point)], points_.size);
    return sum / sum_;
  }

 private:
  static constexpr double kTiny = 1e-22;
  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }

  const Points& points_;
  std::span<const std::int64_t> members_;
  const Query& query_;
  std::size_t top_;
  double most_ = kNothing, sum_ = 0, slope_ = 0;
  std::vector<double> mean_;
  std::vector<Candidate> best_, heavy_;
};

}  // namespace diffmem::detail
