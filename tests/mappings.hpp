// SPDX-License-Identifier: MIT
// For tests: what the kernel says of this process's memory.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

/// How many stretches of memory are `path` mapped; with `at`, those that hold it.
inline int mappings_of(const std::filesystem::path& path, const void* at = nullptr) {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with(path.string()) && !line.ends_with(path.string() + " (deleted)")) continue;
    std::istringstream fields(line);
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    fields >> std::hex >> begin >> dash >> end;
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    count += at == nullptr || (begin <= address && address < end);
  }
  return count;
}

/// A line of /proc/self/status: memory of this process   [bytes]
inline std::int64_t memory_of_process(std::string_view line) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == line) {
      std::int64_t kilobytes = 0;
      status >> kilobytes;
      return 1024 * kilobytes;
    }
  return 0;
}
/// Resident memory now, and at most until now   [bytes]
inline std::int64_t resident_bytes() { return memory_of_process("VmRSS:"); }
inline std::int64_t most_resident_bytes() { return memory_of_process("VmHWM:"); }
