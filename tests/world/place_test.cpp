// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/world/sizing.hpp>
#include <diffmem/world/world.hpp>

#include <cstdlib>
#include <map>
#include <string>

using namespace diffmem;

namespace {

/// What place_here() finds with these variables and no other launcher's.
Place place_with(const std::map<std::string, std::string>& variables) {
  for (const char* name :
       {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "OMPI_COMM_WORLD_SIZE",
        "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "PMIX_NAMESPACE",
        "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_STEP_TASKS_PER_NODE",
        "SLURM_STEP_NODELIST", "SLURM_JOB_ID", "SLURM_STEP_ID"})
    ::unsetenv(name);
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  return place_here();
}

}  // namespace

TEST_CASE("who was started by nobody is alone", "[world]") {
  const Place p = place_with({});
  REQUIRE((p.rank == 0 && p.size == 1 && p.local_rank == 0 && p.local_size == 1));
  // In the script of sbatch, outside of srun, too.
  REQUIRE(place_with({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}}).size == 1);
  const World& alone = World::alone();
  REQUIRE((alone.leads() && alone.sum(2.5) == 2.5 && alone.any(true) && !alone.any(false) && alone.waited() == 0));
  REQUIRE(alone.from_lead(std::string("x")) == "x");
  REQUIRE(alone.gather(std::vector{1, 2}) == std::vector{1, 2});
}

TEST_CASE("launchers' variables are understood", "[world]") {
  const Place t = place_with({{"RANK", "5"},
                              {"WORLD_SIZE", "8"},
                              {"LOCAL_RANK", "1"},
                              {"LOCAL_WORLD_SIZE", "4"},
                              {"MASTER_ADDR", "node7"},
                              {"MASTER_PORT", "1234"}});
  REQUIRE(
      (t.rank == 5 && t.size == 8 && t.local_rank == 1 && t.local_size == 4 && t.address == "node7" && t.port == 1234));

  std::map<std::string, std::string> mpi = {{"OMPI_COMM_WORLD_SIZE", "2"},
                                            {"OMPI_COMM_WORLD_RANK", "1"},
                                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                                            {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                            {"PMIX_NAMESPACE", "job1"}};
  const Place m = place_with(mpi);
  REQUIRE((m.rank == 1 && m.size == 2 && m.local_rank == 1 && m.local_size == 2 && m.address == "127.0.0.1"));
  REQUIRE((m.port >= 20'000 && m.port < 32'000));
  mpi["PMIX_NAMESPACE"] = "job2";
  REQUIRE(place_with(mpi).port != m.port);  // two jobs on one machine
  mpi["OMPI_COMM_WORLD_LOCAL_SIZE"] = "1", mpi["OMPI_COMM_WORLD_LOCAL_RANK"] = "0";
  REQUIRE(says(complaint([&] { place_with(mpi); }), "launcher", {"MASTER_ADDR"}));

  const Place s = place_with({{"SLURM_STEP_NUM_TASKS", "7"},
                              {"SLURM_PROCID", "6"},
                              {"SLURM_LOCALID", "0"},
                              {"SLURM_NODEID", "3"},
                              {"SLURM_STEP_TASKS_PER_NODE", "2(x3),1"},
                              {"SLURM_STEP_NODELIST", "rack[03-04]n[1,2]"},
                              {"SLURM_JOB_ID", "17"},
                              {"SLURM_STEP_ID", "0"}});
  REQUIRE((s.rank == 6 && s.size == 7 && s.local_rank == 0 && s.local_size == 1 && s.address == "rack03n1"));
}

TEST_CASE("variables that make no sense are named", "[world]") {
  REQUIRE(says(complaint([] { place_with({{"RANK", "2"}, {"WORLD_SIZE", "2"}}); }), "launcher", {"RANK=2", "0 to 1"}));
  REQUIRE(says(complaint([] { place_with({{"RANK", "0"}}); }), "launcher", {"no WORLD_SIZE"}));
  REQUIRE(says(complaint([] { place_with({{"RANK", "0"}, {"WORLD_SIZE", "x"}}); }), "launcher", {"WORLD_SIZE=x"}));
  REQUIRE(says(complaint([] { place_with({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "70000"}}); }),
               "launcher", {"MASTER_PORT=70000"}));
  REQUIRE(says(complaint([] { place_with({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"LOCAL_WORLD_SIZE", "1"}}); }),
               "launcher", {"MASTER_ADDR"}));
  place_with({});
}

TEST_CASE("parts are in order, whole, and as equal as can be", "[world]") {
  for (const std::int64_t count : {0, 1, 5, 12})
    for (const std::int64_t parts : {1, 2, 3, 7}) {
      std::int64_t next = 0;
      for (std::int64_t i = 0; i < parts; ++i) {
        const Part p = part_of(count, parts, i);
        REQUIRE((p.first == next && (p.count == count / parts || p.count == count / parts + 1)));
        next += p.count;
      }
      REQUIRE(next == count);
    }
}

TEST_CASE("what a step costs adds up", "[world]") {
  const TrainingSize training{
      .parameters = 3e7, .forward_flops = 2e10, .batch = 512, .activation_bytes = 1e8, .data_bytes = 1e9};
  ProcessRates rates{.flops = 1e14, .overhead = 1e-3, .bandwidth = 1e10, .latency = 0};
  const StepSize one = step_size(training, rates, 1);
  REQUIRE((one.wire_bytes == 0 && one.waiting == 0));
  REQUIRE(one.total() == Approx(3 * 2e10 * 512 / 1e14 + 1e-3));
  for (const int n : {2, 8, 64}) {
    const StepSize step = step_size(training, rates, n);
    REQUIRE(n * step.flops == Approx(one.flops));
    REQUIRE(step.wire_bytes == Approx(2.0 * (n - 1) / n * 4 * 3e7));
    REQUIRE(step.waiting <= step.wire);
    REQUIRE(step.waiting >= step.wire - 2.0 / 3 * step.compute);
    REQUIRE(step.memory < one.memory + 4 * 3e7);
  }
  rates.bandwidth = 1e20;  // a wire that costs nothing: n processes are n times as fast but for Adam
  REQUIRE(step_size(training, rates, 8).total() == Approx((one.total() - 1e-3) / 8 + 1e-3));
}
