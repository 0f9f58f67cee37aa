// SPDX-License-Identifier: MIT
// Work on a CUDA device: on a stream of one's own, and recorded once to be replayed.  On the CPU both do nothing special.
#pragma once
#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <string>

namespace diffmem {

/// Streams of a device; work on different ones runs at the same time.
inline constexpr int kMostStreams = 32;

/// While it lives, this thread's work for `device` goes to a stream of its own.
class OwnStream {
 public:
  explicit OwnStream(at::Device device);
  ~OwnStream();
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;

 private:
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

/// Work that is the same at each call but for the values in its tensors, which stay where they are: on a CUDA device the
/// first calls run it, one more records what it launches (a CUDA graph) and the others replay that, with the same
/// numbers and without asking the host for each kernel.  Where it cannot be recorded, as for want of memory, stderr gets
/// a note and all calls run it.  On the CPU they always do.
class Recorded {
 public:
  /// `what` it is, for the note.
  Recorded(at::Device device, std::string what);
  ~Recorded();
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;

  /// Runs or replays `work`, in order with what else the current stream does; does not wait for it.  `recorded` is called
  /// when it has been recorded, before it is replayed.
  void operator()(const std::function<void()>& work, const std::function<void()>& recorded = {});
  /// Whether the last call replayed it.
  bool replays() const;

 private:
  struct Cuda;
  std::unique_ptr<Cuda> cuda_;
};

}  // namespace diffmem
