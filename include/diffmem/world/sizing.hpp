// SPDX-License-Identifier: MIT
// What data-parallel training costs: operations, bytes over the wire, memory and time of a step, from a few rates that
// bench/world measures.  docs/cluster.md compares it with measurements and says what it leaves out.
#pragma once
#include <algorithm>
#include <cstdint>

namespace diffmem {

/// A training.
struct TrainingSize {
  double parameters = 0;
  double forward_flops = 0;     ///< of one image through the network
  double batch = 0;             ///< images of a step, of all processes
  double activation_bytes = 0;  ///< of one image in a training step
  double data_bytes = 0;        ///< of the training images, which each process holds
};

/// A process and its network.
struct ProcessRates {
  double flops = 0;      ///< operations a second in training
  double overhead = 0;   ///< seconds of a step that do not shrink with its batch: Adam and the average
  double bandwidth = 0;  ///< bytes a second that a process sends and receives at once
  double latency = 0;    ///< seconds of an exchange of a few bytes with a neighbour
};

/// One step of one of `processes`.
struct StepSize {
  double flops = 0;       ///< of this process
  double wire_bytes = 0;  ///< that it sends: 2 (n - 1) / n of the gradients, by a ring
  double memory = 0;      ///< bytes: weights, average, two moments, gradients, their buckets, activations, images
  double compute = 0;     ///< seconds
  double wire = 0;        ///< seconds that the exchange of gradients takes by itself
  double waiting = 0;  ///< seconds of it that the backward pass does not hide, and of the two exchanges that end a step
  double total() const { return compute + waiting; }
};

/// The backward pass is two thirds of the operations, and hides the exchange of all but the last bucket, which holds the
/// gradients that are made last.
inline StepSize step_size(const TrainingSize& t, const ProcessRates& r, int processes) {
  constexpr double kBucket = 25 * 1024.0 * 1024.0, kFloat = 4;  // c10d's bytes a bucket
  const double n = processes, gradients = kFloat * t.parameters;
  StepSize s;
  s.flops = 3 * t.forward_flops * t.batch / n;
  s.wire_bytes = n > 1 ? 2 * (n - 1) / n * gradients : 0;
  s.memory = (n > 1 ? 6 : 5) * gradients + t.activation_bytes * t.batch / n + t.data_bytes;
  s.compute = s.flops / r.flops + r.overhead;
  if (n == 1) return s;
  const double buckets = std::max(1.0, gradients / kBucket), last = std::min(gradients, kBucket) / gradients;
  s.wire = s.wire_bytes / r.bandwidth + buckets * 2 * (n - 1) * r.latency;
  const double hidden = 2.0 / 3 * s.flops / r.flops;
  s.waiting = std::max(last * s.wire, s.wire - hidden) + 2 * r.latency;
  return s;
}

}  // namespace diffmem
