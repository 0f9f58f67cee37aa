// SPDX-License-Identifier: MIT
#include <diffmem/report/trace.hpp>
#include <diffmem/study/detail/traced.hpp>

#include <fmt/format.h>

namespace diffmem {

void tell_trace(const Trace& trace, Precision precision, const std::string& cell, const std::filesystem::path& folder,
                const RunContext& context) {
  const double product = precision == Precision::bf16 ? context.trace->bf16 : context.trace->float32;
  write_trace(trace, *context.trace, product, folder);
  context.board->say(fmt::format("{}: where the time went, in {}\n{}", cell, (folder / "trace.json").string(),
                                 trace_table(trace, *context.trace, product)));
}

}  // namespace diffmem
