// SPDX-License-Identifier: MIT
// Work shared out over OpenMP's threads, which are LibTorch's: threads of our own would compete with those, since they
// go on spinning for some 20 ms after each of its operations.
#pragma once
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>

namespace diffmem::detail {

/// work(w) for w = 0 ... threads-1, each in a thread of its own if there are so many.  What it throws, one of it, is
/// thrown here, when all have ended.
template <class Work>
void crew(std::size_t threads, Work&& work) {
  if (threads == 0) return;
  if (threads == 1) {  // OpenMP would ask the system to wake nobody
    work(std::size_t{0});
    return;
  }
  std::exception_ptr thrown;
#pragma omp parallel num_threads(static_cast<int>(threads))
  for (auto w = static_cast<std::size_t>(omp_get_thread_num()); w < threads;
       w += static_cast<std::size_t>(omp_get_num_threads())) {
    try {
      work(w);
    } catch (...) {
#pragma omp critical(diffmem_crew)
      thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

/// Of `threads`, those worth waking for so many operations: some 30 microseconds of work each.
inline int worthwhile(int threads, double operations) {
  return static_cast<int>(std::clamp(operations / 2e6, 1.0, static_cast<double>(std::max(threads, 1))));
}

/// work(i) for each i below `count`, by whoever is free.
template <class Work>
void share(int threads, std::size_t count, Work&& work) {
  std::atomic<std::size_t> next{0};
  crew(std::min(static_cast<std::size_t>(std::max(threads, 1)), std::max<std::size_t>(count, 1)), [&](std::size_t) {
    for (std::size_t i; (i = next.fetch_add(1)) < count;) work(i);
  });
}

}  // namespace diffmem::detail
