// SPDX-License-Identifier: MIT
// The numbers of a training run (paper, Appendix B), and the rates they imply at each step.
#pragma once
#include <diffmem/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace diffmem {

/// What is held equal over training-set sizes: epochs (the paper's rule) or optimiser steps.
enum class Budget { epochs, steps };
inline constexpr std::array<std::string_view, 2> kBudgetWords{"epochs", "steps"};
constexpr const auto& words_of(Budget) { return kBudgetWords; }

/// Defaults: the paper's basic setup.
struct TrainParams {
  int batch = 512;                 ///< images per optimiser step; may exceed the training set
  int accumulate = 1;              ///< micro-batches per step; the result does not depend on it but for rounding
  Budget budget = Budget::epochs;  ///< the unit of length and warmup
  double length = 40'000;          ///< how long to train             [epochs or steps]
  double warmup = 200;             ///< learning rate and EMA ramp up [epochs or steps]
  double lr = 2e-4;                ///< Adam's learning rate after the warm-up
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double ema = 0.9992904691232699;  ///< EMA rate per step after the warm-up: 0.5^(512/500000)
  int evaluations = 16;             ///< evaluations during training, evenly spaced, the last at the end
  std::uint64_t seed = 1024;        ///< of weights, data order, noise and dropout

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("batch", p.batch), visit("accumulate", p.accumulate), visit("budget", p.budget), visit("length", p.length);
    visit("warmup", p.warmup), visit("lr", p.lr), visit("beta1", p.beta1), visit("beta2", p.beta2), visit("eps", p.eps);
    visit("ema", p.ema), visit("evaluations", p.evaluations), visit("seed", p.seed);
  }

  /// Error naming the field that is out of range.
  void validate() const {
    const auto need = [](bool holds, std::string_view field, double got, std::string_view want) {
      if (!holds) throw Error("training", fmt::format("{} = {}", field, got), want, "correct the training's settings");
    };
    need(batch >= 1, "batch", batch, "1 or more");
    need(accumulate >= 1 && batch % accumulate == 0, "accumulate", accumulate, "a divisor of the batch size");
    need(length > 0 && std::isfinite(length), "length", length, "more than 0");
    need(warmup >= 0, "warmup", warmup, "0 or more");
    need(lr >= 0 && std::isfinite(lr), "lr", lr, "0 or more");
    need(ema >= 0 && ema < 1, "ema", ema, "0 <= ema < 1");
    need(evaluations >= 1, "evaluations", evaluations, "1 or more");
  }

  /// Optimiser steps for a training set of `size` images; at least one.
  std::int64_t total_steps(std::int64_t size) const {
    const double steps = budget == Budget::steps ? length : length * static_cast<double>(size) / batch;
    return std::max<std::int64_t>(1, std::llround(std::ceil(steps - 1e-9)));
  }
  /// Epochs seen before step `step`.
  double epoch(std::int64_t step, std::int64_t size) const {
    return static_cast<double>(step) * batch / static_cast<double>(size);
  }
  /// The warm-up's progress before step `step`, in [0, 1].  The first step's is 0, as in the reference.
  double ramp(std::int64_t step, std::int64_t size) const {
    const double now = budget == Budget::steps ? static_cast<double>(step) : epoch(step, size);
    return warmup > 0 ? std::min(1.0, now / warmup) : 1.0;
  }
  double lr_at(std::int64_t step, std::int64_t size) const { return lr * ramp(step, size); }
  /// The EMA rate: its half-life in steps grows linearly over the warm-up (DiffMemorize's default mode).
  double ema_at(std::int64_t step, std::int64_t size) const {
    const double r = ramp(step, size);
    return r > 0 && ema > 0 ? std::pow(ema, 1 / r) : 0.0;
  }
  /// Whether an evaluation is due after `step` steps.
  bool evaluates_after(std::int64_t step, std::int64_t size) const {
    const std::int64_t total = total_steps(size), n = std::min<std::int64_t>(evaluations, total);
    const auto done = [&](std::int64_t s) { return s * n / total; };
    return step > 0 && step <= total && done(step) > done(step - 1);
  }
};

/// How images are generated for an evaluation.
struct SampleParams {
  std::int64_t images = 10'000;  ///< generated images per evaluation
  std::int64_t batch = 250;      ///< images sampled together
  std::uint64_t seed = 0;        ///< of the images' noise and labels

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("images", p.images), visit("batch", p.batch), visit("seed", p.seed);
  }
  void validate() const {
    if (images < 1 || batch < 1)
      throw Error("sampling", fmt::format("{} images in batches of {}", images, batch), "1 or more of each",
                  "correct the sampling's settings");
  }
};

}  // namespace diffmem
