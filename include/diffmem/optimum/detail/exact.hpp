// SPDX-License-Identifier: MIT
// The posterior over points that are named one by one, in float64, and where that does not do in whole numbers.
#pragma once
#include <diffmem/kernels/logit_error.hpp>
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/optimum/detail/tally.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <array>

namespace diffmem::detail {

/// y as three whole numbers of up to 22 bits a value, so that sums of their products with bytes are exact, and what they
/// leave of it: nothing of values above 2^-14 of the largest.
struct WholeImage {
  static constexpr int kDigits = 3, kBits = 22;
  std::array<std::vector<std::int32_t>, kDigits> digit;
  std::array<double, kDigits> unit{};
  double left = 0;  // Σ |y - Σ unit digit|

  WholeImage(const double* y, std::size_t size) {
    double most = 1e-30;
    for (std::size_t j = 0; j < size; ++j) most = std::max(most, std::abs(y[j]));
    for (int k = 0; k < kDigits; ++k) {
      const auto at = static_cast<std::size_t>(k);
      unit[at] = std::ldexp(1.0, std::ilogb(most) + 1 - kBits * (k + 1));
      digit[at].resize(size);
    }
    for (std::size_t j = 0; j < size; ++j) {
      double rest = y[j];
      for (std::size_t k = 0; k < kDigits; ++k) {
        const double whole = std::nearbyint(rest / unit[k]);
        digit[k][j] = static_cast<std::int32_t>(whole), rest -= whole * unit[k];
      }
      left += std::abs(rest);
    }
  }
};

/// |y - b|^2 - |y - a|^2 = Σ (x_a - x_b)(2y - x_a - x_b), which does not feel what a and b have in common.  With v = 127.5
/// (x + 1) that is Σ (a - b)(255 y - (a + b - 255)) / 127.5^2.
struct Difference {
  double squared, off;  // and by how much it may be off
  double grain;         // what rounding y and the points to float64 may have made of it

  Difference(const WholeImage& y, const std::uint8_t* a, const std::uint8_t* b) {
    using Wide = long double;
    std::int64_t sums[WholeImage::kDigits] = {}, own = 0;
    const std::size_t size = y.digit[0].size();
    for (std::size_t k = 0; k < WholeImage::kDigits; ++k)
      for (std::size_t j = 0; j < size; ++j) sums[k] += (a[j] - b[j]) * y.digit[k][j];
    for (std::size_t j = 0; j < size; ++j) own += (a[j] - b[j]) * (a[j] + b[j] - 255);
    Wide sum = -static_cast<Wide>(own), terms = std::abs(static_cast<Wide>(own));
    for (std::size_t k = 0; k < WholeImage::kDigits; ++k) {
      const Wide term = 255 * static_cast<Wide>(sums[k]) * static_cast<Wide>(y.unit[k]);
      sum += term, terms += std::abs(term);
    }
    squared = static_cast<double>(sum / (127.5L * 127.5L));
    off = static_cast<double>(8 * std::numeric_limits<Wide>::epsilon() * terms / (127.5L * 127.5L)) + 4 * y.left +
          4 * kernels::kHalfUlp * std::abs(squared);
    double squares = 0;
    for (std::size_t j = 0; j < size; ++j) {
      const double term = (a[j] - b[j]) / 127.5 * (1 + std::abs(y.digit[0][j] * y.unit[0]));
      squares += term * term;
    }
    grain = 8 * kernels::kHalfUlp * std::sqrt(squares);
  }
};

/// In float64: some points' part of the answer to one query.
class Exact {
 public:
  Exact(const Points& points, std::span<const std::int64_t> members, const Query& query, std::size_t top)
      : points_(points), members_(members), query_(query), top_(top), mean_(points.size) {}

  /// Adds points, given by their places among the members, each once.  distance(place, d) sees each distance.
  template <class See>
  void add(std::span<const std::size_t> places, See&& see) {
    constexpr std::size_t kBatch = 64;  // images that stay in a cache until they are weighed
    for (std::size_t first = 0; first < places.size(); first += kBatch) {
      const auto batch = places.subspan(first, std::min(kBatch, places.size() - first));
      std::vector<Candidate> list;
      list.reserve(kBatch);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (i + 1 < batch.size()) prefetch(points_[id(batch[i + 1])], points_.size);
        const double squared = squared_distance(query_.y, points_[id(batch[i])], points_.size);
        see(batch[i], squared);
        list.push_back({batch[i], log_weight(batch[i]) - rate_ * squared});
      }
      weigh(list);
      best_.insert(best_.end(), list.begin(), list.end());
      keep_largest(best_, std::max<std::size_t>(top_, 2));
    }
    added_ += static_cast<double>(places.size());
  }

  /// The mean and everything that it takes; `outside`: points that were not added, none with a logit within `reach` of
  /// the largest.
  void finish(Answer& a, double outside, double reach) {
    const double largest = std::abs(most_) + 2 * heaviest_ + kernels::far_below(added_);
    const auto size = static_cast<double>(points_.size);
    const double off = kernels::logit_error(size, size / 32 + 64, rate_, largest);
    double error = weights_error(off), missed = off;
    if (error > kEnough) {
      const double refined = refine(), lost = added_ * std::exp(2 * off - kTinyLog);
      error = weights_error(refined) + std::min(1.0, lost);
      missed += refined + lost;  // that of the nearest, too
    }
    const double rest = outside * std::exp(-reach) / sum_;
    a.error = std::min(1.0, error + rest / (1 + rest) + rounding());

    for (std::size_t j = 0; j < mean_.size(); ++j) a.mean[j] = mean_[j] / sum_ / 127.5 - 1;  // one image is itself
    a.log_sum = base_ + (most_ + std::log(sum_));
    a.log_sum_error = missed + rest + rounding() + kernels::log_rounding(a.log_sum, base_);
    a.entropy = std::max(0.0, std::log(sum_) - slope_ / sum_);
    a.max_weight = 1 / sum_;
    a.top.clear(), a.top_weight.clear(), a.top_logit.clear();
    for (std::size_t i = 0; i < std::min(top_, best_.size()); ++i) {
      a.top_logit.push_back(base_ + best_[i].logit);
      a.top.push_back(static_cast<std::int64_t>(id(best_[i].point)));
      a.top_weight.push_back(std::exp(best_[i].logit - most_) / sum_);
    }
  }
  /// Whether all of the largest weights are within `reach` of the largest.
  bool reaches(double reach) const {
    return best_.empty() || best_[std::min(top_, best_.size()) - 1].logit >= best_.front().logit - reach;
  }
  /// Σ w |x - mean|^2.
  double spread(const double* mean) const {
    double sum = 0;
    for (const Candidate& c : heavy_)
      sum += std::exp(c.logit - most_) * squared_distance(mean, points_[id(c.point)], points_.size);
    return sum / sum_;
  }

 private:
  static constexpr double kTiny = 1e-22, kTinyLog = 50;  // e^-50 > 1e-22
  static constexpr double kEnough = 1e-9;                // an error that needs no better logits
  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }
  double log_weight(std::size_t place) {
    if (points_.log_weight.empty()) return 0;
    const double w = points_.log_weight[id(place)];
    heaviest_ = std::max(heaviest_, std::abs(w));
    return w;
  }

  void weigh(std::span<const Candidate> list) {
    double most = most_;
    for (const Candidate& c : list) most = std::max(most, c.logit);
    const double shift = most_ - most, scale = sum_ > 0 ? std::exp(shift) : 0;
    slope_ = sum_ > 0 ? (slope_ + sum_ * shift) * scale : 0, sum_ *= scale, most_ = most;
    if (scale != 1)
      for (double& x : mean_) x *= scale;
    std::vector<Weighted> images;
    for (const Candidate& c : list) {
      const double x = c.logit - most, e = std::exp(x);
      if (!(e > 0)) continue;
      sum_ += e, slope_ += e * x;
      if (e <= kTiny) continue;
      images.push_back({e, points_[id(c.point)]});
      heavy_.push_back(c);
    }
    add_values(mean_.data(), images, 0, points_.size);
  }

  /// Of the sums and means, which have as many terms as there are points.
  double rounding() const { return 2 * added_ * kernels::kHalfUlp; }
  /// Of the weights, where logits are off by `off`.
  double weights_error(double off) const {
    if (best_.size() < 2) return 0;
    return kernels::weights_error(off, 1 - 1 / sum_ + rounding(), added_, best_[0].logit - best_[1].logit);
  }

  /// Weighs the points that may carry weight once more, by differences to the nearest; by how much their logits may be
  /// off then.
  double refine() {
    std::vector<Candidate> list = std::exchange(heavy_, {});
    list.insert(list.end(), best_.begin(), best_.end());
    std::ranges::sort(list, {}, &Candidate::point);
    const auto twice = std::ranges::unique(list, {}, &Candidate::point);
    list.erase(twice.begin(), twice.end());
    const Candidate nearest = best_.front();
    const WholeImage y(query_.y, points_.size);
    double off = 0;
    for (Candidate& c : list) {
      Difference d(y, points_[id(nearest.point)], points_[id(c.point)]);
      // Who means the middle between two images writes it rounded: it is as near to both.
      if (std::abs(d.squared) <= d.grain) d.off += std::abs(d.squared), d.squared = 0;
      c.logit = log_weight(c.point) - log_weight(nearest.point) - rate_ * d.squared;
      off = std::max(off, rate_ * d.off + 8 * kernels::kHalfUlp * (std::abs(c.logit) + 2 * heaviest_));
    }
    base_ = nearest.logit, most_ = kNothing, sum_ = slope_ = 0;
    std::ranges::fill(mean_, 0);
    weigh(list);
    best_ = std::move(list);
    keep_largest(best_, std::max<std::size_t>(top_, 2));
    return off;
  }

  const Points& points_;
  std::span<const std::int64_t> members_;
  const Query& query_;
  std::size_t top_;
  double rate_ = 0.5 / (query_.s * query_.s);
  double base_ = 0;  // what is kept apart from the logits
  double most_ = kNothing, sum_ = 0, slope_ = 0, heaviest_ = 0, added_ = 0;
  std::vector<double> mean_;
  std::vector<Candidate> best_, heavy_;
};

}  // namespace diffmem::detail
