// SPDX-License-Identifier: MIT
// Adam (Kingma & Ba 2014) with both kinds of weight decay, and the exponential moving average of the weights, in one
// pass over memory.
#pragma once
#include <diffmem/core/tensor.hpp>

namespace diffmem {

/// The numbers of one optimiser step.
struct AdamStep {
  double lr = 0;                      ///< learning rate of this step
  double beta1 = 0.9, beta2 = 0.999;  ///< decay of the moments
  double eps = 1e-8;                  ///< added to the root of the second moment
  std::int64_t count = 1;             ///< steps taken, this one included (bias correction)
  double ema = 0;                     ///< weight average: average = ema * average + (1 - ema) * weight
  double l2 = 0;                      ///< weight decay as a penalty: l2 * weight joins the gradient
  double decay = 0;                   ///< decoupled weight decay (AdamW): weight shrinks by lr * decay
};

namespace kernels {

/// Plain reference, for any dtype and device:  g <- g + l2 w;  m <- b1 m + (1-b1) g;  v <- b2 v + (1-b2) g^2;
/// w <- (1 - lr decay) w - lr/(1-b1^count) m / (sqrt(v/(1-b2^count)) + eps);  average <- ema average + (1-ema) w.
/// (Decoupled decay: Loshchilov & Hutter 2019.)  `gradients` stay as they are.
void adam_ema_plain(const Tensors& weights, const Tensors& gradients, const Tensors& m, const Tensors& v,
                    const Tensors& average, const AdamStep& step);

/// The same for contiguous float32 CPU tensors, one pass; equal to the plain one within 1e-6 relative.
void adam_ema_cpu(const Tensors& weights, const Tensors& gradients, const Tensors& m, const Tensors& v,
                  const Tensors& average, const AdamStep& step);

/// Whether every value is finite.
bool all_finite(const Tensors& tensors);

}  // namespace kernels

/// One step by whichever kernel fits the tensors.
void adam_ema(const Tensors& weights, const Tensors& gradients, const Tensors& m, const Tensors& v,
              const Tensors& average, const AdamStep& step);

}  // namespace diffmem
