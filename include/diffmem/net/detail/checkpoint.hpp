// SPDX-License-Identifier: MIT
// Activation checkpointing (Chen et al. 2016): a part of a network keeps its inputs alone, and is run again when its
// gradient is wanted.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/kernels/dropout.hpp>

#include <functional>

namespace diffmem::detail {

/// Part of a network; it holds the leaves that it uses.  Dropout null: evaluation mode.
using Segment = std::function<Tensor(const Tensors& inputs, Dropout* dropout)>;

/// segment(inputs, dropout); the second run has the masks of the first, and its gradients go to the leaves.  Each input
/// has a gradient of its own, also where two are one tensor: these are added in the order of the inputs.
Tensor checkpoint(Segment segment, const Tensors& inputs, Dropout* dropout);

}  // namespace diffmem::detail
