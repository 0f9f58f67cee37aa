// SPDX-License-Identifier: MIT
// Which way each query goes: by the points that bounds leave, by one pass in integers and then by the few points that
// matter or by the pass's own sums, with more digits where those do not do, and else in float64.
#include <diffmem/core/crew.hpp>
#include <diffmem/core/round_up.hpp>
#include <diffmem/optimum/detail/exact.hpp>
#include <diffmem/optimum/detail/pass.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

namespace diffmem::detail {
namespace {

/// The scan of one batch.
class Scan {
 public:
  Scan(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries,
       std::span<Answer> answers, const ScanOptions& options, Bounds* bounds)
      : points_(points),
        members_(members),
        queries_(queries),
        answers_(answers),
        options_(options),
        bounds_(bounds),
        count_(members.empty() ? points.count : members.size()),
        reach_(options.tolerance > 0 ? std::log(static_cast<double>(count_) * 16 / options.tolerance) : 0) {}

  void run() {
    std::vector<std::size_t> rows(queries_.size());
    std::iota(rows.begin(), rows.end(), 0);
    if (options_.tolerance > 0) {
      if (bounds_) rows = near_points(rows);
      rows = pass(rows, 1);
      if (!rows.empty()) rows = pass(rows, kMostDigits);
    }
    share(options_.threads, rows.size(), [&](std::size_t i) { direct(rows[i]); });
    if (bounds_ && options_.tolerance > 0)
      for (std::size_t q = 0; q < queries_.size(); ++q) bounds_->spread[q] = {answers_[q].spread, queries_[q].s};
  }

 private:
  /// Answers the rows whose near points are known to be few; the others are left.
  std::vector<std::size_t> near_points(const std::vector<std::size_t>& rows) {
    Bounds& b = *bounds_;
    if (b.points != points_.id || b.rows != queries_.size() || b.count != count_ ||
        b.last.size() != b.rows * points_.size) {
      b.points = points_.id, b.rows = queries_.size(), b.count = count_;
      b.distance.assign(round_up(b.rows, kLanes) * count_, 0);
      b.moved.assign(b.rows, 0), b.near.assign(b.rows, 0), b.last.resize(b.rows * points_.size);
      b.known.clear();
      KnownWeights& w = b.weights;
      w.units.resize(round_up(b.rows, kLanes) / kLanes * count_), w.worth.resize(divide_up(count_, kTile) * b.rows);
      w.s.assign(b.rows, 0), w.most.resize(b.rows), w.used.resize(b.rows);
      w.image.resize(b.rows * points_.size), w.mean.resize(b.rows * points_.size);
      b.spread.assign(b.rows, {points_.radius * points_.radius});
      for (const std::size_t q : rows) remember(q);
      return rows;
    }
    std::vector<std::vector<std::size_t>> lists(b.rows);
    share(options_.threads, round_up(b.rows, kLanes) / kLanes, [&](std::size_t g) {
      float limit[kLanes];
      std::fill(std::begin(limit), std::end(limit), -1.0f);
      const std::size_t here = std::min(kLanes, b.rows - g * kLanes);
      for (std::size_t lane = 0; lane < here; ++lane) {
        const std::size_t q = g * kLanes + lane;
        double step = 0;
        for (std::size_t j = 0; j < points_.size; ++j) {
          const double e = queries_[q].y[j] - b.last[q * points_.size + j];
          step += e * e;
        }
        b.moved[q] += std::sqrt(step) * (1 + 1e-12);
        remember(q);
        const double near = squared_distance(queries_[q].y, points_[b.near[q]], points_.size);
        limit[lane] = static_cast<float>((std::sqrt(near + 2 * queries_[q].s * queries_[q].s * reach_) + b.moved[q]) *
                                         (1 + 1e-6));
      }
      const float* d = &b.distance[g * count_ * kLanes];
      for (std::size_t n = 0; n < count_; ++n, d += kLanes) {
        if (!any_below(d, limit)) continue;
        for (std::size_t lane = 0; lane < here; ++lane)
          if (d[lane] <= limit[lane]) {
            std::vector<std::size_t>& list = lists[g * kLanes + lane];
            list.push_back(n);
            if (list.size() > count_ / kUseful) limit[lane] = -1;
          }
      }
    });
    // A pass is the quicker way for a long list, but no pass at all the quickest.
    std::size_t all = 0, most = count_ / kWorthwhile;
    for (const auto& list : lists)
      if (list.size() > most) all += list.size() > count_ / kUseful ? count_ : list.size();
    if (all <= count_) most = count_ / kUseful;
    std::vector<char> left(queries_.size(), 0);
    share(options_.threads, b.rows, [&](std::size_t q) { left[q] = lists[q].size() > most || !few(q, lists[q]); });
    std::vector<std::size_t> rest;
    for (const std::size_t q : rows)
      if (left[q]) rest.push_back(q);
    return rest;
  }
  void remember(std::size_t q) { std::copy_n(queries_[q].y, points_.size, &bounds_->last[q * points_.size]); }

  /// One pass for some rows, in `digits` or more; those whose error is above the tolerance are left.
  std::vector<std::size_t> pass(const std::vector<std::size_t>& wanted, std::size_t digits) {
    if (wanted.empty()) return {};
    // All rows together, where they take no more lanes: what is known of them stands side by side.
    std::vector<std::size_t> rows = wanted;
    if (divide_up(wanted.size(), kLanes) == divide_up(queries_.size(), kLanes)) {
      rows.resize(queries_.size());
      std::iota(rows.begin(), rows.end(), 0);
    }
    std::vector<Query> some;
    for (const std::size_t q : rows) some.push_back(queries_[q]);
    Pass pass(points_, members_, some, digits, options_, bounds_, rows);
    std::vector<Tally> tallies = pass.run();
    std::vector<char> left(rows.size(), 0);
    share(options_.threads, rows.size(), [&](std::size_t i) {
      if (!std::binary_search(wanted.begin(), wanted.end(), rows[i])) return;
      Tally& t = tallies[i];
      const double least = t.most - reach_ - 2 * pass.slack(i);
      std::erase_if(t.few, [&](const Candidate& c) { return c.logit < least; });
      if (t.mean.empty()) {
        std::vector<std::size_t> places;
        for (const Candidate& c : t.few) places.push_back(c.point);
        keep_possible(t.top, options_.top, pass.slack(i));
        for (const Candidate& c : t.top) places.push_back(c.point);
        std::sort(places.begin(), places.end());
        places.erase(std::unique(places.begin(), places.end()), places.end());
        few(rows[i], places);
      } else {
        many(rows[i], t, pass, i);
        left[i] = !(answers_[rows[i]].error <= options_.tolerance);  // not a number is left, too
      }
    });
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (left[i]) rest.push_back(rows[i]);
    return rest;
  }

  /// The answer where only `places` can carry weight; false if the largest weights may not all be among them.
  bool few(std::size_t q, std::span<const std::size_t> places) {
    Exact exact(points_, members_, queries_[q], options_.top);
    float* kept = bounds_ ? &bounds_->distance[(q / kLanes * count_) * kLanes + q % kLanes] : nullptr;
    exact.add(places, [&](std::size_t place, double squared) {
      if (kept) kept[place * kLanes] = static_cast<float>((std::sqrt(squared) + bounds_->moved[q]) * (1 - 1e-6));
    });
    exact.finish(answers_[q], static_cast<double>(count_ - places.size()), reach_);
    answers_[q].spread = exact.spread(answers_[q].mean);
    if (bounds_) bounds_->near[q] = static_cast<std::size_t>(answers_[q].top[0]);
    return answers_[q].top.size() == options_.top && exact.reaches(reach_);
  }

  /// The answer where a pass has summed weights.
  void many(std::size_t q, Tally& t, const Pass& pass, std::size_t i) {
    Answer& a = answers_[q];
    const std::size_t size = points_.size;
    const double slack = pass.slack(i), miss = pass.miss(i);
    std::vector<Weighted> few;
    for (const Candidate& c : t.few) {
      const double e = std::exp(c.logit - t.most);
      few.push_back({e, points_[id(c.point)]});
      t.used += e, t.half_square += e * points_.half_square[id(c.point)];
    }
    add_values(t.mean.data(), few, 0, size);
    double square = 0;
    for (std::size_t j = 0; j < size; ++j) {
      a.mean[j] = t.mean[j] / t.used / 127.5 - 1;
      square += a.mean[j] * a.mean[j];
    }
    const double length = dot(queries_[q].y, queries_[q].y, size);
    const double rate = 0.5 / (queries_[q].s * queries_[q].s);
    // The logits' errors, all points' mean of them: what the weights do not feel, but their sum does.
    a.log_sum = t.most + std::log(t.sum) - rate * length + pass.miss_along(i, a.mean);
    a.entropy = std::max(0.0, std::log(t.sum) - t.slope / t.sum);
    a.max_weight = 1 / t.sum;
    a.spread = std::max(0.0, 2 * t.half_square / t.sum - square);
    // The logits are off by (y - digits).x / s^2 and a constant: over the weights w their variance V is at most
    // |y - digits|^2 spread / s^4.  With d what one is off from their mean, the weights are w e^d / E e^d instead, and
    // the total variation is at most E |d| / 2 + E (e^d - 1 - d) <= sqrt(V) / 2 + V e^max|d| / 2.  Other
    // errors, of `rounding` at most, move half that (weights_error).
    const double rounding = slack - miss * points_.longest, units = t.off / t.sum;
    const double spread = a.spread + 4 * units * points_.longest * points_.longest;  // the mean has been rounded
    const double variance = miss * miss * spread, bend = 0.5 * variance * std::exp(2 * slack);
    // Weights in units have another sum, which was divided by.
    const double used = units + std::abs(t.sum - t.used) / t.sum;
    a.error = std::min(slack, 0.5 * std::sqrt(variance) + bend + 0.5 * rounding) + 0.5 * used +
              static_cast<double>(count_) * std::exp(-reach_) / t.sum;
    // Their sum feels the mean of the logits' errors, which was added, but for the mean's own, and then, as log E e^d,
    // what the error above has beyond the deviation.  |y|^2 is summed in 32 parts.
    a.log_sum_error =
        bend + rounding + miss * points_.longest * used +
        kernels::kHalfUlp * (2 * static_cast<double>(count_) + (static_cast<double>(size) / 32 + 16) * rate * length) +
        kernels::log_rounding(a.log_sum, rate * length + std::abs(t.most));

    // The order of the largest weights, in float64.
    std::vector<Candidate> best = t.top;
    keep_possible(best, options_.top, slack);
    for (Candidate& c : best) {
      const std::size_t n = id(c.point);
      c.logit = -rate * squared_distance(queries_[q].y, points_[n], size) +
                (points_.log_weight.empty() ? 0 : points_.log_weight[n]);
    }
    keep_largest(best, options_.top);
    a.top.clear(), a.top_weight.clear(), a.top_logit.clear();
    for (const Candidate& c : best) {
      a.top_logit.push_back(c.logit);
      a.top.push_back(static_cast<std::int64_t>(id(c.point)));
      a.top_weight.push_back(std::exp(c.logit - a.log_sum));
    }
    if (bounds_) bounds_->near[q] = static_cast<std::size_t>(a.top[0]);
  }

  /// Every point in float64.
  void direct(std::size_t q) {
    Exact exact(points_, members_, queries_[q], options_.top);
    std::vector<std::size_t> places(kTile);
    for (std::size_t first = 0; first < count_; first += kTile) {
      places.resize(std::min(kTile, count_ - first));
      std::iota(places.begin(), places.end(), first);
      exact.add(places, [](std::size_t, double) {});
    }
    exact.finish(answers_[q], 0, 0);
    answers_[q].spread = exact.spread(answers_[q].mean);
  }

  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }

  // Shares of the points: from which on a pass is the quicker way, and from which on a list is of no use.
  static constexpr std::size_t kWorthwhile = 16, kUseful = 4;
  const Points& points_;
  std::span<const std::int64_t> members_;
  std::span<const Query> queries_;
  std::span<Answer> answers_;
  const ScanOptions& options_;
  Bounds* bounds_;
  std::size_t count_;
  double reach_;
};

}  // namespace

Points::Points(const std::uint8_t* values_, std::size_t count_, std::size_t size_, std::span<const double> weights,
               int threads)
    : values(values_), count(count_), size(size_), sum(count_), half_square(count_) {
  static std::atomic<std::uint64_t> made{0};
  id = ++made;
  share(threads, divide_up(count, kTile), [&](std::size_t tile) {
    for (std::size_t n = tile * kTile; n < std::min(count, (tile + 1) * kTile); ++n) {
      std::int64_t ones = 0, squares = 0;
      for (std::size_t j = 0; j < size; ++j) {
        const std::int32_t v = values[n * size + j];
        ones += v, squares += v * v;
      }
      // |x|^2 = sum (v - 127.5)^2 / 127.5^2, in whole numbers up to the division.
      const auto d = static_cast<std::int64_t>(size);
      sum[n] = static_cast<std::int32_t>(ones - 128 * d);
      half_square[n] = static_cast<double>(4 * squares - 4 * 255 * ones + 255 * 255 * d) / (2.0 * 255 * 255);
    }
  });
  double squares = 0;
  for (const double h : half_square) longest = std::max(longest, std::sqrt(2 * h)), squares += 2 * h;
  radius = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(count, 1)));
  for (const double w : weights) log_weight.push_back(std::log(w));
}

void scan(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries,
          std::span<Answer> answers, const ScanOptions& options, Bounds* bounds) {
  Scan(points, members, queries, answers, options, bounds).run();
}
}  // namespace diffmem::detail
