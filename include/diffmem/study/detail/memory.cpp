// SPDX-License-Identifier: MIT
#include <diffmem/study/detail/memory.hpp>

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace diffmem {

struct MemoryWatch::Account : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, std::int64_t change, std::size_t, std::size_t, at::Device) override {
    const std::lock_guard guard(mutex);
    now += change;
    peak = std::max(peak, now);
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::mutex mutex;
  std::int64_t now = 0, peak = 0;
};

MemoryWatch::MemoryWatch() : account_(std::make_shared<Account>()) {
  c10::ThreadLocalDebugInfo::_push(c10::DebugInfoKind::PROFILER_STATE, account_);
}
MemoryWatch::~MemoryWatch() { c10::ThreadLocalDebugInfo::_pop(c10::DebugInfoKind::PROFILER_STATE); }

double MemoryWatch::peak() const {
  const std::lock_guard guard(account_->mutex);
  return static_cast<double>(account_->peak);
}

double MemoryWatch::now() const {
  const std::lock_guard guard(account_->mutex);
  return static_cast<double>(account_->now);
}

double allocated_bytes() {
  const auto account = ::mallinfo2();
  return static_cast<double>(account.uordblks + account.hblkhd);
}

}  // namespace diffmem
