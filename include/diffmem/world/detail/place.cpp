// SPDX-License-Identifier: MIT
// What launchers tell their processes.
#include <diffmem/core/params.hpp>
#include <diffmem/world/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace diffmem {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* text = std::getenv(name);
  return text && *text ? std::optional<std::string>(text) : std::nullopt;
}

/// The number in `name`, from `least` to `most`; Error if it is another or, without `preset`, not there.
int number(const char* name, int least, int most, std::optional<int> preset = std::nullopt) {
  const auto text = variable(name);
  if (!text && preset) return *preset;
  int value = 0;
  if (!text || !from_text(*text, value) || value < least || value > most)
    throw Error("launcher", text ? fmt::format("{}={}", name, *text) : fmt::format("no {}", name),
                fmt::format("{} from {} to {}", name, least, most),
                "start all processes by torchrun, mpirun, srun or tools/launch, or unset their variables");
  return value;
}

constexpr int kMostRanks = 1 << 20, kMostPort = 65535;

/// A port for those who share `job` and nothing else.
int port_of(std::string_view job) {
  constexpr int kFirst = 20'000, kPorts = 12'000;  // below those that Linux gives to clients
  std::uint32_t hash = 2166136261;                 // FNV-1a
  for (const char c : job) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return kFirst + static_cast<int>(hash % kPorts);
}

/// node[03-05,9]x,other -> node03x
std::string first_host(std::string_view list) {
  std::string host;
  for (std::size_t i = 0; i < list.size() && list[i] != ','; ++i) {
    if (list[i] != '[') {
      host += list[i];
      continue;
    }
    const std::size_t end = std::min(list.find(']', i), list.size());
    const std::string_view inside = list.substr(i + 1, end - i - 1);
    host += inside.substr(0, inside.find_first_of("-,"));
    i = end;
  }
  return host;
}

/// Of 2(x3),1 the number of the machine `index`: 2, 2, 2, 1.
int tasks_of(std::string_view list, int index) {
  int machine = 0;
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    int tasks = 0, times = 1;
    const std::size_t bracket = item.find("(x");
    bool good = from_text(std::string(item.substr(0, bracket)), tasks);
    if (bracket != item.npos)
      good = good && from_text(std::string(item.substr(bracket + 2, item.size() - bracket - 3)), times);
    if (!good) break;
    machine += times;
    if (index < machine) return tasks;
    list.remove_prefix(std::min(list.size(), item.size() + 1));
  }
  return 1;
}

}  // namespace

Place place_here() {
  Place p;
  std::string job;
  if (variable("RANK") || variable("WORLD_SIZE")) {
    p.size = number("WORLD_SIZE", 1, kMostRanks);
    p.rank = number("RANK", 0, p.size - 1);
    p.local_size = number("LOCAL_WORLD_SIZE", 1, p.size, p.size);
    p.local_rank = number("LOCAL_RANK", 0, p.local_size - 1, 0);
    if (p.size > p.local_size && !variable("MASTER_ADDR"))
      throw Error("launcher", "RANK without MASTER_ADDR", "the address of rank 0's machine",
                  "set it, or start all processes by torchrun, mpirun, srun or tools/launch");
  } else if (variable("OMPI_COMM_WORLD_SIZE")) {
    p.size = number("OMPI_COMM_WORLD_SIZE", 1, kMostRanks);
    p.rank = number("OMPI_COMM_WORLD_RANK", 0, p.size - 1);
    p.local_size = number("OMPI_COMM_WORLD_LOCAL_SIZE", 1, p.size);
    p.local_rank = number("OMPI_COMM_WORLD_LOCAL_RANK", 0, p.local_size - 1);
    if (p.local_size < p.size && !variable("MASTER_ADDR"))
      throw Error("launcher", "mpirun over several machines without MASTER_ADDR", "the address of rank 0's machine",
                  "mpirun -x MASTER_ADDR=..., or start by srun or torchrun");
    job = variable("PMIX_NAMESPACE").value_or("");
  } else if (variable("SLURM_STEP_NUM_TASKS") && variable("SLURM_PROCID")) {  // not what sbatch alone sets: srun's step
    p.size = number("SLURM_STEP_NUM_TASKS", 1, kMostRanks);
    p.rank = number("SLURM_PROCID", 0, p.size - 1);
    p.local_size =
        tasks_of(variable("SLURM_STEP_TASKS_PER_NODE").value_or(""), number("SLURM_NODEID", 0, kMostRanks, 0));
    p.local_rank = number("SLURM_LOCALID", 0, p.local_size - 1);
    p.address = first_host(variable("SLURM_STEP_NODELIST").value_or(p.address));
    job = variable("SLURM_JOB_ID").value_or("") + "." + variable("SLURM_STEP_ID").value_or("");
  }
  if (!job.empty()) p.port = port_of(job);
  p.address = variable("MASTER_ADDR").value_or(p.address);
  p.port = number("MASTER_PORT", 1, kMostPort, p.port);
  return p;
}

}  // namespace diffmem
