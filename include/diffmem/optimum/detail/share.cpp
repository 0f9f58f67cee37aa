// SPDX-License-Identifier: MIT
// Process r's images weigh W_r = e^{L_r} together.  With a_r = W_r / sum W their weights among all images are a_r times
// those among themselves, and so D* = sum a_r D_r, the entropy is sum a_r (H_r - log a_r), and the spread
// sum a_r (V_r + |D_r - D*|^2).
//
// The error: process r's weights are within e_r of the true ones in total variation, and L_r within l_r.  So the true
// shares are p_r ~ a_r e^{t_r}, |t_r| <= l_r, and all weights together are within  sum a_r e_r + TV(a, p)  of the true ones.
// As p_r has the log odds of a_r plus a t of at most l = l_r + max l_s over the others, and the slope p (1-p) of p in its
// log odds grows by e^l at most on the way, |p_r - a_r| <= a_r (1 - a_r) (e^l - 1), and so TV(a, p) is at most half the sum
// of that: next to nothing where one process's images have nearly all of the weight.
#include <diffmem/kernels/logit_error.hpp>
#include <diffmem/optimum/detail/share.hpp>
#include <diffmem/optimum/detail/tally.hpp>
#include <diffmem/world/world.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace diffmem::detail {
namespace {

constexpr double kTiny = 1e-22;  // a share whose mean need not be sent

/// log(e^a + e^b).
double log_of_sum(double a, double b) {
  const double most = std::max(a, b);
  return most == kNothing ? most : most + std::log1p(std::exp(std::min(a, b) - most));
}

/// What one process says of one image.
struct Said {
  double log_sum, log_sum_error, error, entropy, max_weight, spread;
};
/// One of the largest weights.
struct Large {
  double logit, weight;
  std::int64_t image;
};

/// What all processes weigh, for one row.
struct Balance {
  std::vector<double> share;  // [ranks], sums to 1
  double log_sum = 0, error = 0;

  explicit Balance(const std::vector<Said>& said) : share(said.size()) {
    double most = kNothing, sum = 0;
    for (const Said& s : said) most = std::max(most, s.log_sum);
    for (std::size_t r = 0; r < said.size(); ++r) sum += share[r] = std::exp(said[r].log_sum - most);
    log_sum = most + std::log(sum);
    double apart = 0, dropped = 0;
    for (double& a : share) a /= sum;
    for (std::size_t r = 0; r < said.size(); ++r) {
      if (said[r].log_sum == kNothing) continue;
      error += share[r] * said[r].error;
      if (share[r] <= kTiny) dropped += share[r];
      // In logarithms: what is below all numbers may be off by more than all numbers.
      double others = kNothing, off = 0;
      for (std::size_t o = 0; o < said.size(); ++o)
        if (o != r && said[o].log_sum > kNothing)
          others = log_of_sum(others, said[o].log_sum - log_sum), off = std::max(off, said[o].log_sum_error);
      off += said[r].log_sum_error;
      const double grown = off > 1 ? off : std::log(std::expm1(off));
      apart += std::exp(std::min(0.0, said[r].log_sum - log_sum + others + grown));
    }
    constexpr double kEach = 64;  // half ulps of a share
    error = std::min(1.0, error + apart / 2 + dropped + kEach * static_cast<double>(said.size()) * kernels::kHalfUlp);
  }
};

}  // namespace

Optimum merged(const Share& here, std::int64_t first, const World& world) {
  const Optimum& o = here.optimum;
  const auto n = static_cast<std::size_t>(o.denoised.size(0)), d = static_cast<std::size_t>(o.denoised.size(1)),
             top = static_cast<std::size_t>(o.top.size(1)), ranks = static_cast<std::size_t>(world.size()),
             rank = static_cast<std::size_t>(world.rank());
  const auto log_sum = values_of<double>(o.log_sum), off = values_of<double>(here.log_sum_error),
             error = values_of<double>(o.error), entropy = values_of<double>(o.entropy),
             most = values_of<double>(o.max_weight), spread = values_of<double>(o.spread),
             logit = values_of<double>(here.top_logit), weight = values_of<double>(o.top_weight),
             own = values_of<double>(o.denoised);
  const auto image = values_of<std::int64_t>(o.top);
  std::vector<Said> mine(n);
  for (std::size_t i = 0; i < n; ++i) mine[i] = {log_sum[i], off[i], error[i], entropy[i], most[i], spread[i]};
  std::vector<Large> large(n * top);
  for (std::size_t i = 0; i < n * top; ++i) large[i] = {logit[i], weight[i], first + image[i]};
  const std::vector<Said> said = world.gather(mine);      // [ranks,n]
  const std::vector<Large> larges = world.gather(large);  // [ranks,n,top]

  std::vector<Balance> balances;
  std::vector<double> sent;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<Said> of_row;
    for (std::size_t r = 0; r < ranks; ++r) of_row.push_back(said[r * n + i]);
    balances.emplace_back(of_row);
    if (balances[i].share[rank] > kTiny) sent.insert(sent.end(), &own[i * d], &own[i * d] + d);
  }
  const std::vector<double> means = world.gather(sent);  // of the ranks' rows that have weight
  std::vector<const double*> next(ranks, means.data());  // of each rank's
  for (std::size_t r = 1; r < ranks; ++r) {
    next[r] = next[r - 1];
    for (const Balance& b : balances) next[r] += b.share[r - 1] > kTiny ? d : 0;
  }

  std::vector<double> all_denoised(n * d), all_log_sum, all_entropy, all_most, all_spread, all_weight, all_error;
  std::vector<std::int64_t> all_top;
  for (std::size_t i = 0; i < n; ++i) {
    const Balance& b = balances[i];
    double* mean = &all_denoised[i * d];
    double h = 0, largest = 0, variance = 0;
    std::vector<Large> list;
    for (std::size_t r = 0; r < ranks; ++r) {
      const Said& s = said[r * n + i];
      const double a = b.share[r];
      for (std::size_t k = 0; k < top; ++k) {
        Large one = larges[(r * n + i) * top + k];
        one.weight *= a;
        if (one.logit > kNothing) list.push_back(one);
      }
      largest = std::max(largest, a * s.max_weight);
      if (a > 0) h += a * (s.entropy - std::log(a));
      if (a > kTiny)
        for (std::size_t j = 0; j < d; ++j) mean[j] += a * next[r][j];
    }
    for (std::size_t r = 0; r < ranks; ++r) {
      if (b.share[r] <= kTiny) continue;
      double apart = 0;
      for (std::size_t j = 0; j < d; ++j) apart += (next[r][j] - mean[j]) * (next[r][j] - mean[j]);
      variance += b.share[r] * (said[r * n + i].spread + apart);
      next[r] += d;
    }
    std::ranges::sort(list, [](const Large& x, const Large& y) {
      return x.logit != y.logit ? x.logit > y.logit : x.image < y.image;
    });
    for (std::size_t k = 0; k < top; ++k) {  // a class of fewer images repeats its last one with weight 0
      all_top.push_back(list[std::min(k, list.size() - 1)].image);
      all_weight.push_back(k < list.size() ? list[k].weight : 0);
    }
    all_log_sum.push_back(b.log_sum), all_error.push_back(b.error), all_entropy.push_back(std::max(0.0, h));
    all_most.push_back(largest), all_spread.push_back(variance);
  }
  const at::Device device = o.denoised.device();
  const auto tensor = [&](const auto& values) { return tensor_of(values).to(device); };
  const auto rows = static_cast<std::int64_t>(n);
  const Tensor tops = tensor(all_top).reshape({rows, -1});
  return {.denoised = tensor(all_denoised).reshape({rows, -1}),
          .score = {},
          .noise = {},
          .log_sum = tensor(all_log_sum),
          .log_density = {},
          .entropy = tensor(all_entropy),
          .max_weight = tensor(all_most),
          .spread = tensor(all_spread),
          .nearest = tops.select(1, 0),
          .top = tops,
          .top_weight = tensor(all_weight).reshape({rows, -1}),
          .error = tensor(all_error)};
}

}  // namespace diffmem::detail
