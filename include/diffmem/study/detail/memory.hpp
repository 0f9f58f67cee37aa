// SPDX-License-Identifier: MIT
// How much memory LibTorch's tensors take, by its own account: it reports each allocation to whoever asks.
#pragma once
#include <memory>

namespace diffmem {

/// Counts what this thread, and the backward passes it starts, allocate while it lives.
class MemoryWatch {
 public:
  MemoryWatch();
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  /// The most bytes that were allocated at once.
  double peak() const;

 private:
  struct Account;
  std::shared_ptr<Account> account_;
};

}  // namespace diffmem
