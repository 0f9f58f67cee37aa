// SPDX-License-Identifier: MIT
// What every command owes its caller: exit codes, and complaints on the standard error.
#pragma once
#include <diffmem/core/error.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

namespace diffmem {

inline constexpr int kFailed = 1, kUsage = 2, kInterrupted = 130;  // exit codes

/// Thrown for a command line that makes no sense.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// act(), where a bad value is the command line's fault.
template <class Act>
void on_command_line(Act&& act) {
  try {
    std::forward<Act>(act)();
  } catch (const Error& e) {
    throw UsageError(e.what());
  }
}

/// What main returns: act(), or the exit code of what it throws, which is printed.
template <class Act>
int exit_code_of(Act&& act) {
  try {
    return std::forward<Act>(act)();
  } catch (const UsageError& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return kUsage;
  } catch (const Interrupted& e) {
    std::fprintf(stderr, "\n%s\n", e.what());
    return kInterrupted;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return kFailed;
  }
}

}  // namespace diffmem
