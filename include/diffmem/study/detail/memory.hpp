// SPDX-License-Identifier: MIT
// How much memory is taken: by LibTorch's tensors, as it reports each allocation to whoever asks; and in all.
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
  /// Those that are allocated now.
  double now() const;

 private:
  struct Account;
  std::shared_ptr<Account> account_;
};

/// Bytes that this process has from malloc now; 0 where malloc keeps no account (under a sanitizer).
double allocated_bytes();

}  // namespace diffmem
