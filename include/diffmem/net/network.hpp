// SPDX-License-Identifier: MIT
// Network: what training, files and sampling need to know of any network; what it computes is its own class's matter.
#pragma once
#include <diffmem/net/leaves.hpp>
#include <diffmem/net/precision.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace diffmem {

/// Named leaves and how to compute.  A copy shares its leaves; make a second one and copy_from() it.
class Network {
 public:
  virtual ~Network();

  const std::vector<std::pair<std::string, Tensor>>& parameters() const { return leaves_.parameters(); }
  const std::vector<std::pair<std::string, Tensor>>& buffers() const { return leaves_.buffers(); }
  std::int64_t parameter_count() const;
  /// Multiplications and additions of one image's forward pass (convolutions, linear maps, attention).
  virtual double forward_flops() const = 0;
  /// Values that all layers of one image's forward pass put out together: more than it ever holds.
  virtual double forward_values() const = 0;

  void initialise(std::uint64_t seed) { leaves_.initialise(seed); }
  void initialise(const InitDraws& draws) { leaves_.initialise(draws); }
  /// Adds a fixed tensor to the buffers: the frequencies of a random embedding.
  void add_buffer(const std::string& name, const Tensor& value) { leaves_.add_buffer(name, value); }
  void require_grad();
  /// Error if the network has no such way to compute.
  virtual void set_precision(Precision p) { precision_ = p; }
  Precision precision() const { return precision_; }
  /// Whether backward passes make a block's activations again instead of keeping them.
  void set_checkpointing(bool on) { checkpointing_ = on; }
  bool checkpointing() const { return checkpointing_; }
  /// Copies parameters and buffers by position; both nets have the same configuration.
  void copy_from(const Network& other);

 protected:
  /// Leaves are uninitialised; on at::kMeta nothing is allocated (to count parameters).
  Network(at::Device device, at::ScalarType dtype) : leaves_(device, dtype) {}
  Network(const Network&) = default;
  Network(Network&&) = default;

  Leaves leaves_;

 private:
  Precision precision_ = Precision::fp32;
  bool checkpointing_ = false;
};

}  // namespace diffmem
