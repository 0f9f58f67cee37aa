// SPDX-License-Identifier: MIT
#include <diffmem/core/cpus.hpp>

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <utility>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

/// The node in whose folder the processor has a link; 0 where the kernel knows no nodes.
int node_of(const fs::path& cpu) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(cpu, none))
    if (const std::string name = entry.path().filename().string(); name.starts_with("node") && name.size() > 4)
      return std::atoi(name.c_str() + 4);
  return 0;
}

}  // namespace

std::vector<Cpu> usable_cpus() {
  std::vector<Cpu> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int id = 0; id < CPU_SETSIZE; ++id) {
    if (!CPU_ISSET(id, &set)) continue;
    const fs::path folder = fmt::format("/sys/devices/system/cpu/cpu{}", id);
    Cpu cpu{.node = node_of(folder), .core = id, .id = id};
    // The first of the hyperthreads names the core: core_id is one of a package only.
    std::ifstream(folder / "topology/thread_siblings_list") >> cpu.core;
    cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<std::vector<int>> cpu_groups(std::vector<Cpu> cpus, int groups, int each) {
  const auto size = static_cast<std::size_t>(each), count = static_cast<std::size_t>(groups);
  if (groups < 1 || each < 1 || cpus.size() / size != count) return {};
  std::ranges::sort(cpus);
  std::vector<std::vector<int>> result;
  std::vector<int> left;  // of nodes that do not split into whole groups
  for (std::size_t begin = 0; begin < cpus.size();) {
    std::size_t end = begin;
    while (end < cpus.size() && cpus[end].node == cpus[begin].node) ++end;
    for (; end - begin >= size; begin += size) {
      auto& group = result.emplace_back();
      for (std::size_t i = begin; i < begin + size; ++i) group.push_back(cpus[i].id);
    }
    for (; begin < end; ++begin) left.push_back(cpus[begin].id);
  }
  for (auto from = left.begin(); result.size() < count; from += each) result.emplace_back(from, from + each);
  return result;
}

void keep_thread_on(std::span<const int> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int id : cpus) CPU_SET(id, &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace diffmem
