// SPDX-License-Identifier: MIT
// Cores for runs side by side: a group of neighbours each, so that no run's threads wander between caches and memories.
#pragma once
#include <span>
#include <vector>

namespace diffmem {

/// A processor, as Linux numbers it: its memory, its core (two hyperthreads share one), itself.
struct Cpu {
  int node = 0, core = 0, id = 0;
  auto operator<=>(const Cpu&) const = default;
};

/// Those that the calling thread may use.
std::vector<Cpu> usable_cpus();

/// `groups` times `each` of the ids in `cpus`, neighbours together and of one node as long as nodes have room.  Nothing if
/// they do not fit, or if they leave room for a group more: another process may then want it, and would take the same.
std::vector<std::vector<int>> cpu_groups(std::vector<Cpu> cpus, int groups, int each);

/// From now on the calling thread, and those that it starts, use these alone.  Where Linux forbids it, they use all.
void keep_thread_on(std::span<const int> cpus);

}  // namespace diffmem
