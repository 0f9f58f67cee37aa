// SPDX-License-Identifier: MIT
// Distances are sums of squared differences: |a|^2 + |b|^2 - 2ab would lose what tells close images apart.  Everything
// is kept relative to the largest logit so far, so no noise is too little.
#include <diffmem/kernels/logit_error.hpp>
#include <diffmem/optimum/detail/tensors.hpp>

#include <ATen/ops/cdist_ops.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace diffmem::detail {
namespace {

/// Optimum::error and Share::log_sum_error of `count` points: what float64 loses of their logits, and of sums of so many
/// terms.
std::pair<Tensor, Tensor> errors_of(std::int64_t count, std::int64_t size, double heaviest, const Tensor& rate,
                                    const Tensor& most, const Tensor& sum, const Tensor& gap) {
  const auto points = static_cast<double>(count), values = static_cast<double>(size);
  const double rounding = 2 * points * kernels::kHalfUlp;
  const auto rates = values_of<double>(rate), mosts = values_of<double>(most), sums = values_of<double>(sum),
             gaps = values_of<double>(gap);
  std::vector<double> errors, log_sum_errors;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double largest = std::abs(mosts[i]) + 2 * heaviest + kernels::far_below(points);
    const double off = kernels::logit_error(values, values, -rates[i], largest);
    errors.push_back(rounding + kernels::weights_error(off, 1 - 1 / sums[i] + rounding, points, gaps[i]));
    log_sum_errors.push_back(off + rounding + kernels::log_rounding(mosts[i], std::log(sums[i])));
  }
  return {tensor_of(errors).to(sum.device()), tensor_of(log_sum_errors).to(sum.device())};
}

}  // namespace

Share scan_tensors(const Tensor& images, const Tensor& members, const Tensor& log_weights, const Tensor& y,
                   const Tensor& s, std::int64_t top) {
  constexpr std::int64_t kDirect = 2;  // cdist: no matrix product
  constexpr std::int64_t kTile = 1024;
  const Tensor rate = -(s.square() * 2.0).reciprocal().unsqueeze(1);  // [n,1]
  Tensor most, sum, slope, square, mean, best, best_logit;  // [n,1] but mean [n,d], best [n,kept]; sum = sum_n e_n
  const std::int64_t count = members.defined() ? members.size(0) : images.size(0);
  const std::int64_t kept = std::max<std::int64_t>(top, 2);
  for (std::int64_t first = 0; first < count; first += kTile) {
    const std::int64_t size = std::min(kTile, count - first);
    const Tensor ids =
        members.defined() ? members.narrow(0, first, size) : arange(size, kInt64, images.device()).add(first);  // [t]
    const Tensor x = images.index_select(0, ids).to(kFloat64) / 127.5 - 1.0;                                    // [t,d]
    Tensor logit = at::_ops::cdist::call(y, x, 2.0, kDirect).square() * rate;                                   // [n,t]
    if (log_weights.defined()) logit = logit + log_weights.index_select(0, ids).unsqueeze(0);
    const Tensor here_most = logit.amax(1, true);
    const Tensor seen = ids.unsqueeze(0).expand_as(logit);
    const Tensor all = first == 0 ? logit : cat({best_logit, logit}, 1);
    const Tensor all_ids = first == 0 ? seen : cat({best, seen}, 1);
    // A stable sort leaves equal logits in order of their images.
    const Tensor order =
        std::get<1>(all.sort(std::optional<bool>(true), 1, true)).narrow(1, 0, std::min(kept, all.size(1)));
    best_logit = all.gather(1, order), best = all_ids.gather(1, order);
    if (first == 0) {
      most = here_most;
      sum = zeros_like(most), slope = zeros_like(most), square = zeros_like(most), mean = zeros_like(y);
    } else {
      const Tensor higher = here_most.maximum(most), shift = most - higher, scale = shift.exp();
      slope = (slope + sum * shift) * scale, sum = sum * scale, square = square * scale, mean = mean * scale;
      most = higher;
    }
    const Tensor logs = logit - most, e = logs.exp();  // [n,t]
    sum = sum + e.sum({1}, true), slope = slope + (e * logs).sum({1}, true);
    square = square + e.matmul(x.square().sum({1}, true)), mean = mean + e.matmul(x);
  }
  mean = mean / sum;
  const Tensor total = most + sum.log();
  const double heaviest = log_weights.defined() ? log_weights.abs().max().item().toDouble() : 0;
  const Tensor gap = count > 1 ? best_logit.select(1, 0) - best_logit.select(1, 1)
                               : full({sum.size(0)}, std::numeric_limits<double>::infinity(), kFloat64, sum.device());
  best = best.narrow(1, 0, std::min(top, count)), best_logit = best_logit.narrow(1, 0, std::min(top, count));
  const auto [error, log_sum_error] = errors_of(count, y.size(1), heaviest, rate, most, sum, gap);
  const Optimum optimum{.denoised = mean,
                        .score = {},
                        .noise = {},
                        .log_sum = total.flatten(),
                        .log_density = {},
                        .entropy = (sum.log() - slope / sum).clamp_min(0.0).flatten(),
                        .max_weight = sum.reciprocal().flatten(),
                        .spread = (square / sum - mean.square().sum({1}, true)).clamp_min(0.0).flatten(),
                        .nearest = best.select(1, 0),
                        .top = best,
                        .top_weight = (best_logit - total).exp(),
                        .error = error};
  return {.optimum = optimum, .top_logit = best_logit, .log_sum_error = log_sum_error};
}

}  // namespace diffmem::detail
