// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/cpus.hpp>
#include <diffmem/core/runtime.hpp>

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <set>
#include <thread>

using namespace diffmem;

namespace {

using Groups = std::vector<std::vector<int>>;

/// Two nodes of `cores` cores of two hyperthreads, numbered as Linux does: first one of each core, then the other.
std::vector<Cpu> machine(int cores) {
  std::vector<Cpu> cpus;
  for (int id = 0; id < 4 * cores; ++id) {
    const int core = id % (2 * cores);
    cpus.push_back({.node = core / cores, .core = core, .id = id});
  }
  return cpus;
}

}  // namespace

TEST_CASE("groups are of neighbours, hyperthreads and nodes together", "[core]") {
  REQUIRE(cpu_groups(machine(2), 4, 2) == Groups{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  REQUIRE(cpu_groups(machine(2), 2, 4) == Groups{{0, 4, 1, 5}, {2, 6, 3, 7}});
  REQUIRE(cpu_groups(machine(3), 4, 3) == Groups{{0, 6, 1}, {7, 2, 8}, {3, 9, 4}, {10, 5, 11}});
  // 6 of a node: one group each, and a third of what both leave.
  REQUIRE(cpu_groups(machine(3), 3, 4) == Groups{{0, 6, 1, 7}, {3, 9, 4, 10}, {2, 8, 5, 11}});
}

TEST_CASE("threads stay where they are if groups do not fit, or leave room for another process", "[core]") {
  REQUIRE(cpu_groups(machine(1), 5, 1).empty());
  REQUIRE(cpu_groups(machine(1), 3, 1).empty());
  REQUIRE(cpu_groups(machine(1), 2, 3).empty());
  REQUIRE(cpu_groups(machine(1), 1, 3) == Groups{{0, 2, 1}});
  REQUIRE(cpu_groups({}, 1, 1).empty());
  REQUIRE(cpu_groups(machine(1), 0, 1).empty());
}

TEST_CASE("a thread that is kept on a core has its OpenMP threads there, and no one else's", "[core]") {
  const std::vector<Cpu> all = usable_cpus();
  REQUIRE(all.size() == static_cast<std::size_t>(available_cores()));
  for (const Cpu& cpu : all) {
    std::set<int> ran;
    std::thread([&] {
      keep_thread_on(std::vector{cpu.id});
      REQUIRE(available_cores() == 1);
#pragma omp parallel num_threads(3)
      {
        const int at = ::sched_getcpu();
#pragma omp critical
        ran.insert(at);
      }
    }).join();
    REQUIRE(ran == std::set<int>{cpu.id});
  }
  REQUIRE((usable_cpus() == all));
}
