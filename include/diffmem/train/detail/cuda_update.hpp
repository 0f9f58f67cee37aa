// SPDX-License-Identifier: MIT
// A training step's update on a CUDA device, by kernels/adam_parts.hpp.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/kernels/adam_step.hpp>

#include <memory>

namespace diffmem::detail {

/// adam_ema() over the leaves of a network, unless a loss or a gradient is not finite.
class CudaUpdate {
 public:
  /// Contiguous float32 leaves on one CUDA device; `losses` more numbers are to be finite.  Error in a build without CUDA.
  CudaUpdate(const Tensors& weights, const Tensors& m, const Tensors& v, const Tensors& averages, std::int64_t losses);
  ~CudaUpdate();

  /// Before a step: its numbers.
  void begin(const AdamStep& step, std::int64_t index);
  /// Launches it; while the stream is recorded, upload() is to be called before the first replay.
  void launch(const Tensors& gradients, const Tensors& losses);
  void upload();
  /// Whether the last step's losses and gradients were finite, so that it was done; waits for it.
  bool finite() const;
  /// The step's index on the device, for Dropout.
  const std::uint64_t* step() const;

 private:
  struct Kernels;
  std::unique_ptr<Kernels> kernels_;
};

}  // namespace diffmem::detail
