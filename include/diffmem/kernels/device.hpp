// SPDX-License-Identifier: MIT
// A CUDA device, as the engines see it: memory, copies and kernels' bodies (block.hpp) on one stream.
#pragma once
#include <diffmem/kernels/block.hpp>

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace diffmem {

/// A CUDA device by its number, to compute on instead of the CPU.
struct Cuda {
  int device = 0;
};

namespace kernels {

/// Whether this is a build with CUDA and a device is there.
bool cuda_here();

/// Memory of a device, handed back when the last copy of this goes.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<void> memory, std::size_t count) : memory_(std::move(memory)), count_(count) {}
  T* data() const { return static_cast<T*>(memory_.get()); }
  std::size_t size() const { return count_; }

 private:
  std::shared_ptr<void> memory_;
  std::size_t count_ = 0;
};

/// Runs a body on a device's cudaStream_t; each is instantiated in the .cu file of its name.
template <class Body>
void launch_cuda(const Body& body, Grid grid, int device, void* stream);

/// One device; the tests have an emulated one with the same members.
class CudaDevice {
 public:
  /// Device `index`, on this cudaStream_t.  Error if it is not there.
  explicit CudaDevice(int index, void* stream = nullptr);

  template <class T>
  Buffer<T> buffer(std::size_t count) const {
    return {allocate(count * sizeof(T)), count};
  }
  template <class T>
  Buffer<T> zeros(std::size_t count) const {
    Buffer<T> made = buffer<T>(count);
    zero(made.data(), count * sizeof(T));
    return made;
  }
  template <class T>
  void upload(T* to, std::span<const T> from) const {
    copy(to, from.data(), from.size_bytes());
  }
  /// Waits for all that was launched before.
  template <class T>
  std::vector<T> download(const T* from, std::size_t count) const {
    std::vector<T> values(count);
    copy(values.data(), from, count * sizeof(T));
    return values;
  }
  template <class Body>
  void launch(const Body& body, Grid grid) const {
    if (grid.x > 0 && grid.y > 0) launch_cuda(body, grid, index_, stream_);
  }
  std::size_t free_memory() const;  ///< [bytes]
  unsigned blocks() const;          ///< enough of them to keep all of it busy

 private:
  std::shared_ptr<void> allocate(std::size_t bytes) const;
  void zero(void* at, std::size_t bytes) const;
  void copy(void* to, const void* from, std::size_t bytes) const;

  int index_;
  void* stream_;
};

}  // namespace kernels
}  // namespace diffmem
