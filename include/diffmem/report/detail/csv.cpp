// SPDX-License-Identifier: MIT
#include <diffmem/report/csv.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace diffmem {
namespace {

std::string field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

/// Empty where the number does not exist.
std::string field(double value) { return std::isfinite(value) ? fmt::format("{}", value) : std::string(); }

/// The program's commit, as the run's own record has it.
std::string commit_of(const RunRecord& run) {
  const auto found = std::ranges::find(run.made_with, "commit", &std::pair<std::string, std::string>::first);
  return found == run.made_with.end() ? std::string() : found->second;
}

}  // namespace

std::string results_csv(const ReportRecord& report) {
  std::string out =
      "run,cell,series,size,seed,parameters,budget,steps,epochs,train_seconds,sample_seconds,images_per_second,commit,"
      "folder,"
      "step,epoch,images,memorized,zero_second,ratio,ratio_low,ratio_high,knn_distance,evaluation_seconds,best\r\n";
  for (const auto& run : report.runs) {
    const std::string head = fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{}", field(run.name), field(run.cell), field(run.series), run.size,
        run.seed, run.parameters, field(run.budget), run.steps, field(run.epochs), field(run.train_seconds),
        field(run.sample_seconds), field(run.images_per_second), field(commit_of(run)), field(run.folder));
    const auto* best = best_of(run.evaluations);
    for (const auto& e : run.evaluations)
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\r\n", head, e.step, field(e.epoch), e.images, e.memorized,
                         e.zero_second, field(e.ratio), field(e.low), field(e.high), field(e.knn_distance),
                         field(e.seconds), &e == best ? 1 : 0);
    if (run.evaluations.empty()) out += head + ",,,,,,,,,,,\r\n";
  }
  return out;
}

}  // namespace diffmem
