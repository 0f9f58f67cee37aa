// SPDX-License-Identifier: MIT
// Threads of our own: LibTorch's would find their registers changed by a kernel.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace diffmem::detail {

/// work(w) in threads w = 0 ... threads-1, none of them the caller's.
template <class Work>
void crew(std::size_t threads, Work&& work) {
  std::vector<std::jthread> all;
  for (std::size_t w = 0; w < threads; ++w) all.emplace_back([&work, w] { work(w); });
}  // joins

/// work(i) for each i below `count`, by whoever is free.
template <class Work>
void share(int threads, std::size_t count, Work&& work) {
  const auto most = static_cast<std::size_t>(std::max(threads, 1));
  if (most == 1 || count == 1) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  crew(std::min(most, count), [&](std::size_t) {
    for (std::size_t i; (i = next.fetch_add(1)) < count;) work(i);
  });
}

}  // namespace diffmem::detail
