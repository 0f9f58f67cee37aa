// SPDX-License-Identifier: MIT
// Adam (Kingma & Ba 2014) with both kinds of weight decay, and the exponential moving average of the weights, in one
// pass over memory.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/kernels/adam_step.hpp>

namespace diffmem {

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
