// SPDX-License-Identifier: MIT
// The optimum by its definitions, for the tests of what computes it.
#pragma once
#include "optimum/sets.hpp"

#include <algorithm>
#include <cmath>

namespace diffmem::optimum_sets {

/// The definitions, term by term, logits in long double, over the images for which `counts` holds.
struct Plain {
  std::vector<double> denoised, log_sum, entropy, max_weight, spread;
  Plain(const ImageSet& set, const Tensor& z, double sigma, double alpha, auto&& counts) {
    const auto values = values_of<double>(z);
    const auto d = static_cast<std::size_t>(set.image_size());
    for (std::size_t row = 0; row < values.size() / d; ++row) {
      std::vector<long double> logits;
      std::vector<std::int64_t> members;
      for (std::int64_t i = 0; i < set.count; ++i) {
        if (!counts(row, i)) continue;
        long double sum = 0;
        for (std::size_t k = 0; k < d; ++k) {
          const long double e = values[row * d + k] - alpha * (set.image(i)[k] / 127.5L - 1);
          sum += e * e;
        }
        logits.push_back(-sum / (2.0L * sigma * sigma));
        members.push_back(i);
      }
      const long double top = *std::max_element(logits.begin(), logits.end());
      double total = 0;
      for (const long double l : logits) total += std::exp(static_cast<double>(l - top));
      std::vector<double> mean(d);
      double h = 0, most = 0, variance = 0;
      std::vector<double> weights;
      for (std::size_t j = 0; j < logits.size(); ++j) {
        const double w = weights.emplace_back(std::exp(static_cast<double>(logits[j] - top)) / total);
        for (std::size_t k = 0; k < d; ++k) mean[k] += w * value(set, members[j], static_cast<std::int64_t>(k));
        if (w > 0) h -= w * std::log(w);
        most = std::max(most, w);
      }
      for (std::size_t j = 0; j < logits.size(); ++j)
        for (std::size_t k = 0; k < d; ++k)
          variance += weights[j] * std::pow(value(set, members[j], static_cast<std::int64_t>(k)) - mean[k], 2);
      spread.push_back(variance);
      denoised.insert(denoised.end(), mean.begin(), mean.end());
      log_sum.push_back(static_cast<double>(top) + std::log(total));
      entropy.push_back(h);
      max_weight.push_back(most);
    }
  }
  Tensor d(const Tensor& like) const { return tensor_of(std::span<const double>(denoised), like.sizes()); }
};
inline constexpr auto kEvery = [](std::size_t, std::int64_t) { return true; };

}  // namespace diffmem::optimum_sets
