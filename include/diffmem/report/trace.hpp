// SPDX-License-Identifier: MIT
// A trace for people: where the time went, and how near the machine's peaks each operation came.
#pragma once
#include <diffmem/core/peaks.hpp>
#include <diffmem/core/trace.hpp>

#include <filesystem>
#include <string>

namespace diffmem {

/// Writes trace.json, which chrome://tracing and Perfetto open, and trace.csv into `folder`: of each phase (an outermost
/// span's operation), operation and layer the calls, seconds in all and without those of spans within, operations and
/// bytes a second, and these as parts of the peaks.  `product`: the peak of the type that is multiplied.
void write_trace(const Trace& trace, const Peaks& peaks, double product, const std::filesystem::path& folder);

/// The same as lines of text, all layers of an operation in one; then the slowest layers.
std::string trace_table(const Trace& trace, const Peaks& peaks, double product);

}  // namespace diffmem
