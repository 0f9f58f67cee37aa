// SPDX-License-Identifier: MIT
// What every executable sets up once (threads, allocator, interrupts) and can say about itself (--version).
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem {

struct RuntimeOptions {
  int threads = 0;  ///< LibTorch's threads per run; 0: one per core
};

/// Sets LibTorch's threads and keeps large blocks in the allocator (glibc would return them to the kernel after every
/// step: 5 to 15 % of a small net's time).  Call it first in main; it may be called again.
void set_up_runtime(const RuntimeOptions& options = {});

/// Threads of this machine that the process may use.
int available_cores();

/// The processor's name, as Linux tells it.
std::string cpu_name();

/// The most memory that this process has had at once since it began, or since forget_peak_memory()   [bytes]
double peak_memory();
void forget_peak_memory();
/// Bytes that the process may still take without swapping: the machine's, or what its control group leaves.
double available_memory();

/// Seconds of a clock that is never set back; differences alone mean something.
double steady_seconds();

/// From now on Ctrl-C and SIGTERM end the process at once, with 130: for work that has written nothing yet.
void exit_on_interrupts();
/// From now on Ctrl-C and SIGTERM only set a flag (the second one ends the process at once).
void catch_interrupts();
/// Whether Ctrl-C or SIGTERM has come since catch_interrupts().
bool interrupted();

/// What `--version` prints and run.json records, as (name, value): diffmem, commit, LibTorch, CUDA, BLAS, CPU
/// capability, threads, compiler.
std::vector<std::pair<std::string, std::string>> build_facts();
/// The facts, one "name: value" a line.
std::string version_text();
/// Prints `usage` if the only argument is --help, the facts if it is --version; true if it did.
bool answered(int argc, char** argv, std::string_view usage);

}  // namespace diffmem
