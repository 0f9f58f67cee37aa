// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sched.h>
#include <torch/version.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

namespace diffmem {
namespace detail {  // written by cmake/version.cmake at each build
extern const char* const version;
extern const char* const commit;
}  // namespace detail
namespace {

#ifdef DIFFMEM_CUDA
constexpr bool kCudaBuild = true;
#else
constexpr bool kCudaBuild = false;
#endif

std::atomic<int> interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch only lock-free atomics");

void on_interrupt(int) {
  if (++interrupts > 1) std::_Exit(130);
}

/// The line of a multi-line description that contains `word`, without leading marks.
std::string line_with(const std::string& text, const std::string& word) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find(word) != std::string::npos) return line.substr(line.find_first_not_of(" -"));
  return "none";
}

}  // namespace

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return 1024 * std::stod(line.substr(6));
  return 0;
}
void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << 5; }

double available_memory() {
  double bytes = std::numeric_limits<double>::infinity();
  std::ifstream machine("/proc/meminfo");
  for (std::string name; machine >> name; machine.ignore(256, '\n'))
    if (double kilobytes = 0; name == "MemAvailable:" && machine >> kilobytes) bytes = 1024 * kilobytes;
  double most = 0, used = 0;  // the group's limit is the word "max" where there is none
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> most && std::ifstream("/sys/fs/cgroup/memory.current") >> used)
    bytes = std::min(bytes, std::max(0.0, most - used));
  return bytes;
}

void set_up_runtime(const RuntimeOptions& options) {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  at::set_num_threads(options.threads > 0 ? options.threads : available_cores());
}

void exit_on_interrupts() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { std::_Exit(130); });
}

void catch_interrupts() {
  interrupts = 0;
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

bool interrupted() { return interrupts > 0; }

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<std::pair<std::string, std::string>> build_facts() {
  const std::string config = at::show_config();
  const auto cuda = config.find("CUDA Runtime");
  return {
      {"diffmem", detail::version},
      {"commit", detail::commit},
      {"LibTorch", TORCH_VERSION},
      {"CUDA", cuda != std::string::npos ? line_with(config, "CUDA Runtime")
               : !kCudaBuild             ? "not in this build"
               : at::hasCUDA()           ? "in this build"
                                         : "in this build, no device here"},
      {"BLAS", at::hasMKL() ? line_with(at::get_mkl_version(), "") : line_with(config, "BLAS_INFO")},
      {"oneDNN", line_with(at::get_mkldnn_version(), "")},
      {"CPU capability", at::get_cpu_capability()},
      {"threads", std::to_string(at::get_num_threads())},
      {"compiler", fmt::format("g++ {}", __VERSION__)},
  };
}

std::string version_text() {
  std::string text;
  for (const auto& [name, value] : build_facts()) text += fmt::format("{}: {}\n", name, value);
  return text;
}

bool answered(int argc, char** argv, std::string_view usage) {
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (word == "--help") fmt::print("{}\n", usage);
  if (word == "--version") fmt::print("{}", version_text());
  return word == "--help" || word == "--version";
}

}  // namespace diffmem
