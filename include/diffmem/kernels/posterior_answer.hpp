// SPDX-License-Identifier: MIT
// A query's answer: from its list in float64 where few points carry weight, else from its sums.
#pragma once
#include <diffmem/kernels/logit_error.hpp>
#include <diffmem/kernels/posterior_mean.hpp>

namespace diffmem::kernels {

/// Where the answers go; optimum/posterior.hpp's Optimum says what they are.
struct PosteriorAnswers {
  double *mean, *log_sum, *entropy, *max_weight, *spread, *error;  // [.,size], [.] ...
  std::int64_t* top;
  double* top_weight;  // [.,top]
};

/// Block q: query q, which is row rows[q] of y and of the answers.  Its error is infinite if its list was too short.
struct Finish {
  PosteriorPoints points;
  const double* y;
  const std::int64_t* rows;
  const QueryNumbers* numbers;
  const Weighed* weighed;
  const std::uint32_t* list;
  const std::int64_t* sums;
  double reach;
  unsigned top;
  PosteriorAnswers to;

  static constexpr std::size_t kShared = shared_bytes<double>(kThreads) + 2 * shared_bytes<double>(kMostListed) +
                                         2 * shared_bytes<std::uint32_t>(kMostListed);
  static constexpr unsigned kWarps = kThreads / kWarp;
  static constexpr double kTiny = 1e-22;

  /// Value j of point n on [-1, 1].
  DIFFMEM_DEVICE double x(std::size_t n, std::size_t j) const {
    return (points.images[n * points.stride + j] + 128) / 127.5 - 1;
  }

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<double>(kThreads);
    auto logit = block.template shared<double>(kMostListed);
    auto weight = block.template shared<double>(kMostListed);
    auto found = block.template shared<std::uint32_t>(kMostListed);
    auto place = block.template shared<std::uint32_t>(kMostListed);
    const std::size_t q = block.x(), row = static_cast<std::size_t>(rows[q]), size = points.size;
    const unsigned thread = block.thread(), lane = thread % kWarp, warp = thread / kWarp;
    const Weighed w = weighed[q];
    const QueryNumbers number = numbers[q];
    const double *from = y + row * size, half_rate = 0.5 * number.rate;
    double* mean = to.mean + row * size;
    if (w.listed > kMostListed) {
      if (thread == 0) to.error[row] = INFINITY;
      return;
    }

    // The list came in any order; in that of the points the sums are always the same.
    for (unsigned i = thread; i < w.listed; i += kThreads) found.set(i, list[q * kMostListed + i]);
    block.sync();
    for (unsigned i = thread; i < w.listed; i += kThreads) {
      const std::uint32_t here = found.get(i);
      unsigned before = 0;
      for (unsigned k = 0; k < w.listed; ++k) before += found.get(k) < here;
      place.set(before, here);
    }
    block.sync();
    for (unsigned begin = 0; begin < w.listed; begin += kWarps) {  // a warp a point
      const unsigned i = begin + warp;
      double part = 0;
      const std::size_t n = points.id(place.get(i < w.listed ? i : 0));
      for (std::size_t j = lane; j < size; j += kWarp) {
        const double e = from[j] - x(n, j);
        part += e * e;
      }
      const double squared = block.warp_sum(part);
      if (lane == 0 && i < w.listed) logit.set(i, -half_rate * squared + points.weight(n));
    }
    block.sync();

    const double log_sum = w.dense ? dense(block, room, row, mean, w, number)
                                   : few(block, room, logit, weight, place, row, mean, w, half_rate);
    for (unsigned i = thread; i < w.listed; i += kThreads) {
      const double here = logit.get(i);
      unsigned rank = 0;
      for (unsigned k = 0; k < w.listed; ++k) rank += logit.get(k) > here || (logit.get(k) == here && k < i);
      if (rank >= top) continue;
      to.top[row * top + rank] = static_cast<std::int64_t>(points.id(place.get(i)));
      to.top_weight[row * top + rank] = ::exp(here - log_sum);
    }
  }

 private:
  /// All that matters is on the list.
  template <class Block, class Room, class Places>
  DIFFMEM_DEVICE double few(Block& block, Room& room, Room& logit, Room& weight, Places& place, std::size_t row,
                            double* mean, const Weighed& w, double rate) const {
    const auto larger = [](double a, double b) { return a > b ? a : b; };
    const unsigned thread = block.thread(), lane = thread % kWarp, warp = thread / kWarp;
    double most = logit.get(0), sum = 0, slope = 0, spread = 0;
    for (unsigned i = thread; i < w.listed; i += kThreads) most = larger(logit.get(i), most);
    most = reduce(block, room, most, larger);
    double next = -INFINITY, equal = 0, heaviest = 0;  // the second largest logit; how many equal the largest
    for (unsigned i = thread; i < w.listed; i += kThreads) {
      logit.get(i) < most ? next = larger(logit.get(i), next) : equal += 1;
      heaviest = larger(::fabs(points.weight(points.id(place.get(i)))), heaviest);
    }
    next = reduce(block, room, next, larger), heaviest = reduce(block, room, heaviest, larger);
    equal = reduce_sum(block, room, equal);
    for (unsigned i = thread; i < w.listed; i += kThreads) {
      const double shift = logit.get(i) - most, e = ::exp(shift);
      sum += e, slope += e > 0 ? e * shift : 0;
      weight.set(i, e);
    }
    sum = reduce_sum(block, room, sum), slope = reduce_sum(block, room, slope);
    for (std::size_t j = thread; j < points.size; j += kThreads) {
      double total = 0;
      for (unsigned i = 0; i < w.listed; ++i)
        if (const double e = weight.get(i); e > kTiny) total += e * x(points.id(place.get(i)), j);
      mean[j] = total / sum;
    }
    block.sync();
    for (unsigned i = warp; i < w.listed; i += kWarps) {
      const double e = weight.get(i);
      if (!(e > kTiny)) continue;
      const std::size_t n = points.id(place.get(i));
      for (std::size_t j = lane; j < points.size; j += kWarp) {
        const double off = x(n, j) - mean[j];
        spread += e * off * off;
      }
    }
    spread = reduce_sum(block, room, spread);
    const double log_sum = most + ::log(sum);
    if (thread == 0) {
      const double rest = static_cast<double>(points.count - w.listed) * ::exp(-reach) / sum;
      const double size = static_cast<double>(points.size), listed = w.listed, rounding = 2 * listed * kHalfUlp;
      const double off = logit_error(size, size / kWarp + 8, rate, ::fabs(most) + 2 * heaviest + far_below(listed));
      const double error = rounding + weights_error(off, 1 - 1 / sum + rounding, listed, equal > 1 ? 0 : most - next);
      const double entropy = ::log(sum) - slope / sum;
      to.log_sum[row] = log_sum, to.entropy[row] = entropy > 0 ? entropy : 0, to.max_weight[row] = 1 / sum;
      to.spread[row] = spread / sum, to.error[row] = rest / (1 + rest) + error;
    }
    return log_sum;
  }

  /// The sums are over all points.
  template <class Block, class Room>
  DIFFMEM_DEVICE double dense(Block& block, Room& room, std::size_t row, double* mean, const Weighed& w,
                              const QueryNumbers& number) const {
    const std::int64_t* from = sums + std::size_t{block.x()} * points.size;
    const double* asked = y + row * points.size;
    double square = 0, miss = 0;  // miss: what the digits leave of y, times the mean
    for (std::size_t j = block.thread(); j < points.size; j += kThreads) {
      const double m = (static_cast<double>(from[j]) / static_cast<double>(w.used) + 0.5) / 127.5;
      mean[j] = m, square += m * m, miss += number.left(asked[j]) * m;
    }
    square = reduce_sum(block, room, square), miss = reduce_sum(block, room, miss);
    // Of the logits' errors the weights do not feel their mean, but the weights' sum does.
    const double log_sum = w.most + ::log(w.sum) - 0.5 * number.rate * number.length + number.rate * miss;
    if (block.thread() == 0) {
      const double entropy = ::log(w.sum) - w.slope / w.sum, spread = 2 * w.half_square / w.sum - square;
      to.log_sum[row] = log_sum, to.entropy[row] = entropy > 0 ? entropy : 0, to.max_weight[row] = 1 / w.sum;
      to.spread[row] = spread > 0 ? spread : 0;
      // As on the CPU (optimum/detail/scan.cpp): over the weights the logits' errors deviate by |rest| sqrt(spread) / s^2
      // at most, and the weights' total variation is half that, up to the slack's square.
      const double slack = number.slack, rounding = slack - number.miss * number.longest;
      const double deviation = 0.5 * number.miss * ::sqrt(to.spread[row]) * (1 + 4 * slack) + slack * slack + rounding;
      to.error[row] =
          (slack < deviation ? slack : deviation) + (static_cast<double>(points.count) * ::exp(-reach) + w.off) / w.sum;
    }
    return log_sum;
  }
};

}  // namespace diffmem::kernels
