// SPDX-License-Identifier: MIT
// The numbers of a training run (paper, Appendix B), and the rates they imply at each step.
#pragma once
#include <diffmem/condition/concept.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/measure/sequential.hpp>
#include <diffmem/net/precision.hpp>
#include <diffmem/train/order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace diffmem {

/// What is held equal over training-set sizes: epochs (the paper's rule) or optimiser steps.
enum class Budget { epochs, steps };
inline constexpr std::array<std::string_view, 2> kBudgetWords{"epochs", "steps"};
constexpr const auto& words_of(Budget) { return kBudgetWords; }

/// How weight decay enters Adam.
enum class WeightDecay {
  l2,         ///< weight_decay * weight joins the gradient (the paper's)
  decoupled,  ///< weights shrink by lr * weight_decay, apart from the moments (AdamW)
};
inline constexpr std::array<std::string_view, 2> kWeightDecayWords{"l2", "decoupled"};
constexpr const auto& words_of(WeightDecay) { return kWeightDecayWords; }

/// The EMA rate of a step.  r in [0, 1] is the warm-up's progress, p = 0.5^(batch/500000) the rate after which the
/// average's half-life is 500,000 images.  After the warm-up all but `epochs` give `ema` itself.
enum class EmaRule {
  steps,     ///< ema^(1/r): the half-life in steps grows with r (the paper's: DiffMemorize's mode 2)
  epochs,    ///< ema^(batch/512 * 50000/N / r), N = |D|: the default `ema` lasts ten epochs (EDM's way: mode 1)
  constant,  ///< ema from the first step on (mode 3)
  sweep,     ///< ema p^(1/r - 1): the paper's ramp, whatever rate it ends at, down to 0 (its EMA study: mode 4)
  counted,   ///< (1 + k)/(10 + k) after k steps, but 0 at first and `ema` at most (Stable Diffusion's fine-tuning)
};
inline constexpr std::array<std::string_view, 5> kEmaRuleWords{"steps", "epochs", "constant", "sweep", "counted"};
constexpr const auto& words_of(EmaRule) { return kEmaRuleWords; }

/// The learning rate after the warm-up.
enum class LrRule {
  constant,
  cosine,  ///< falls to 0 at the end of training as half a cosine
};
inline constexpr std::array<std::string_view, 2> kLrRuleWords{"constant", "cosine"};
constexpr const auto& words_of(LrRule) { return kLrRuleWords; }

/// An image's loss over its values.
enum class Reduction {
  sum,   ///< EDM's
  mean,  ///< Stable Diffusion's
};
inline constexpr std::array<std::string_view, 2> kReductionWords{"sum", "mean"};
constexpr const auto& words_of(Reduction) { return kReductionWords; }

/// Defaults: the paper's basic setup.
struct TrainParams {
  int batch = 512;                 ///< images per optimiser step; may exceed the training set
  int accumulate = 1;              ///< micro-batches per step; the result does not depend on it but for rounding
  Budget budget = Budget::epochs;  ///< the unit of length and warmup
  double length = 40'000;          ///< how long to train             [epochs or steps]
  double warmup = 200;             ///< learning rate and EMA ramp up [epochs or steps]
  double lr = 2e-4;                ///< Adam's learning rate after the warm-up
  LrRule lr_rule = LrRule::constant;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  WeightDecay decay_rule = WeightDecay::l2;
  double weight_decay = 0;
  EmaRule ema_rule = EmaRule::steps;
  double ema = 0.9992904691232699;        ///< EMA rate per step after the warm-up: 0.5^(512/500000); 0: no average
  Reduction reduction = Reduction::sum;   ///< of an image's loss
  double clip = 0;                        ///< gradients longer than this, all together, are shortened to it; 0: none
  Order order = Order::cycled;            ///< of the images
  int evaluations = 16;                   ///< evaluations during training, evenly spaced, the last at the end
  Precision precision = Precision::fp32;  ///< of the network
  bool checkpointing = false;             ///< backward passes make activations again: less memory, the same result
  std::uint64_t seed = 1024;              ///< of weights, data order, noise and dropout

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("batch", p.batch), visit("accumulate", p.accumulate), visit("budget", p.budget), visit("length", p.length);
    visit("warmup", p.warmup), visit("lr", p.lr), visit("lr_rule", p.lr_rule);
    visit("beta1", p.beta1), visit("beta2", p.beta2), visit("eps", p.eps);
    visit("decay_rule", p.decay_rule), visit("weight_decay", p.weight_decay), visit("ema_rule", p.ema_rule),
        visit("ema", p.ema);
    visit("reduction", p.reduction), visit("clip", p.clip);
    visit("order", p.order), visit("evaluations", p.evaluations), visit("precision", p.precision),
        visit("checkpointing", p.checkpointing), visit("seed", p.seed);
  }

  /// Error naming the field that is out of range.
  void validate() const {
    need(batch >= 1, "training", "batch", batch, "1 or more");
    need(accumulate >= 1 && batch % accumulate == 0, "training", "accumulate", accumulate,
         "a divisor of the batch size");
    need(length > 0 && length <= 1e12, "training", "length", length, "more than 0, at most 1e12");
    need(warmup >= 0 && std::isfinite(warmup), "training", "warmup", warmup, "0 or more");
    need(beta1 >= 0 && beta1 < 1, "training", "beta1", beta1, "0 <= beta1 < 1");
    need(beta2 >= 0 && beta2 < 1, "training", "beta2", beta2, "0 <= beta2 < 1");
    need(eps > 0 && std::isfinite(eps), "training", "eps", eps, "more than 0");
    need(lr >= 0 && std::isfinite(lr), "training", "lr", lr, "0 or more");
    need(clip >= 0 && std::isfinite(clip), "training", "clip", clip, "0 (none) or more");
    need(weight_decay >= 0 && std::isfinite(weight_decay), "training", "weight_decay", weight_decay, "0 or more");
    need(ema >= 0 && ema < 1, "training", "ema", ema, "0 <= ema < 1");
    need(evaluations >= 1, "training", "evaluations", evaluations, "1 or more");
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
  double lr_at(std::int64_t step, std::int64_t size) const {
    const double r = ramp(step, size);
    if (lr_rule == LrRule::constant || r < 1) return lr * r;
    const double steps = static_cast<double>(total_steps(size)),
                 warm = budget == Budget::steps ? warmup : warmup * static_cast<double>(size) / batch,
                 done = std::clamp((static_cast<double>(step) - warm) / std::max(1.0, steps - warm), 0.0, 1.0);
    return lr * 0.5 * (1 + std::cos(std::numbers::pi * done));
  }
  /// The EMA rate of step `step`, in [0, 1), by `ema_rule`.
  double ema_at(std::int64_t step, std::int64_t size) const {
    const double r = ramp(step, size);
    if (ema_rule == EmaRule::constant || ema == 0) return ema;
    if (ema_rule == EmaRule::counted) {
      const auto k = static_cast<double>(step);
      return step == 0 ? 0 : std::min(ema, (1 + k) / (10 + k));
    }
    if (r == 0) return 0;
    const double n = static_cast<double>(size);
    switch (ema_rule) {
      case EmaRule::epochs: return std::pow(ema, batch / 512.0 * (50'000 / n) / r);
      case EmaRule::sweep: return ema * std::exp2(-batch / 500'000.0 * (1 / r - 1));
      default: return std::pow(ema, 1 / r);
    }
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
  std::int64_t images = 10'000;         ///< generated images per evaluation
  std::int64_t batch = 0;               ///< images sampled together; 0: as many as are quick, see sampling_batch()
  std::uint64_t seed = 0;               ///< of the images' noise and labels
  LabelLaw labels = LabelLaw::uniform;  ///< of conditional models
  StopRule stop = {};                   ///< when fewer images are enough

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("images", p.images), visit("batch", p.batch), visit("seed", p.seed), visit("labels", p.labels),
        visit("stop", p.stop);
  }
  void validate() const {
    need(images >= 1, "sampling", "images", static_cast<double>(images), "1 or more");
    need(batch >= 0, "sampling", "batch", static_cast<double>(batch), "0 (chosen by itself) or more");
    stop.validate();
  }
};

}  // namespace diffmem
