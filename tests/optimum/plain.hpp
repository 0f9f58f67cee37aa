// SPDX-License-Identifier: MIT
// The optimum by its definitions, for the tests of what computes it.
#pragma once
#include "optimum/sets.hpp"

#include <diffmem/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

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
/// Two images and, far from both, noisy ones in a direction in which they do not differ: float64 hardly tells their weights.
class FarBetween {
 public:
  struct Noisy {
    Tensor z, denoised;  // [1,1,1,3072] and, exactly, [3072]
  };

  FarBetween() : noise_(kSize), between_(kSize) {
    RandomStream(5, Stream::train_noise).fill_normal(std::span(noise_));
    for (std::size_t j = 0; j < kSize; ++j) {
      between_[j] = (set.image(0)[j] - set.image(1)[j]) / 127.5;
      along_ += noise_[j] * between_[j], length_ += between_[j] * between_[j];
    }
  }
  Noisy noisy(double sigma, double far, double alpha = 1) const {
    __extension__ using Exact = __float128;
    const double s = sigma / alpha;
    std::vector<double> z, denoised;
    Exact logit = 0;  // of image 0 less that of image 1
    for (std::size_t j = 0; j < kSize; ++j) {
      const double middle = (set.image(0)[j] + set.image(1)[j]) / 255.0 - 1;
      z.push_back(alpha *
                  (middle + far * (noise_[j] - along_ / length_ * between_[j]) + s * s / length_ * between_[j]));
      const Exact a = Exact(alpha) * (Exact(set.image(0)[j]) / Exact(127.5) - 1),
                  b = Exact(alpha) * (Exact(set.image(1)[j]) / Exact(127.5) - 1);
      logit += (a - b) * (2 * Exact(z[j]) - a - b) / (2 * Exact(sigma) * Exact(sigma));
    }
    const double weight = 1 / (1 + std::exp(-static_cast<double>(logit)));
    for (std::size_t j = 0; j < kSize; ++j)
      denoised.push_back((weight * set.image(0)[j] + (1 - weight) * set.image(1)[j]) / 127.5 - 1);
    return {tensor_of(std::span<const double>(z), {1, 1, 1, kSize}), tensor_of(denoised)};
  }

  static constexpr std::size_t kSize = 3072;
  const ImageSet set = images(2, kSize);

 private:
  std::vector<double> noise_, between_;
  double along_ = 0, length_ = 0;
};
inline constexpr auto kEvery = [](std::size_t, std::int64_t) { return true; };

}  // namespace diffmem::optimum_sets
