// SPDX-License-Identifier: MIT
// The leaves of a network: its named tensors, and how each starts.
#pragma once
#include <diffmem/core/tensor.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace diffmem {

/// How a leaf starts: gain * sqrt(6 / (fan_in + fan_out)) * U(-1, 1), or `constant` where there are no fans.  Biases
/// have a gain of 0: they start at 0 and draw nevertheless, as the reference's do.
struct InitLaw {
  double fan_in = 0, fan_out = 0, gain = 0, constant = 0;
  bool draws() const { return fan_in > 0; }
};
/// `count` numbers uniform on [0, 1) for a leaf, given its place; asked for in the order of the leaves that draw.
using InitDraws = std::function<std::vector<double>(std::size_t leaf, std::size_t count)>;

/// The leaves of a network by name, in the order of the reference's state dict.
class Leaves {
 public:
  Leaves(at::Device device, at::ScalarType dtype) : device_(device), dtype_(dtype) {}

  /// Adds an uninitialised trainable leaf.
  Tensor add(const std::string& name, at::IntArrayRef shape, InitLaw law);
  /// Adds a fixed tensor that belongs to the state dict but is not trained (a resampling filter).
  void add_buffer(const std::string& name, const Tensor& value) { buffers_.emplace_back(name, value); }
  /// Draws every leaf from its law: a pure function of (seed, place of the leaf).
  void initialise(std::uint64_t seed);
  /// The same with uniform numbers of another source.
  void initialise(const InitDraws& draws);

  const std::vector<std::pair<std::string, Tensor>>& parameters() const { return parameters_; }
  const std::vector<std::pair<std::string, Tensor>>& buffers() const { return buffers_; }
  at::Device device() const { return device_; }
  at::ScalarType dtype() const { return dtype_; }

 private:
  at::Device device_;
  at::ScalarType dtype_;
  std::vector<std::pair<std::string, Tensor>> parameters_, buffers_;
  std::vector<InitLaw> laws_;
};

}  // namespace diffmem
