// SPDX-License-Identifier: MIT
// Traces of runs, as --profile-trace asks for them.
#pragma once
#include <diffmem/core/trace.hpp>
#include <diffmem/study/run.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace diffmem {

/// act(), recorded in `trace` if that is not null.
template <class Act>
decltype(auto) traced(Trace* trace, Act&& act) {
  std::optional<Trace::Recording> recording;
  if (trace) recording.emplace(*trace);
  return act();
}

/// Writes the trace of the run `cell` into its folder, and its table to the board; context.trace is not null.
void tell_trace(const Trace& trace, Precision precision, const std::string& cell, const std::filesystem::path& folder,
                const RunContext& context);

}  // namespace diffmem
