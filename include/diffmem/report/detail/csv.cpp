// SPDX-License-Identifier: MIT
#include <diffmem/report/csv.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace diffmem {
namespace {

using report_text::csv_field;

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
    const std::string head =
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}", csv_field(run.name), csv_field(run.cell),
                    csv_field(run.series), run.size, run.seed, run.parameters, csv_field(run.budget), run.steps,
                    csv_field(run.epochs), csv_field(run.train_seconds), csv_field(run.sample_seconds),
                    csv_field(run.images_per_second), csv_field(commit_of(run)), csv_field(run.folder));
    const auto* best = best_of(run.evaluations);
    for (const auto& e : run.evaluations)
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\r\n", head, e.step, csv_field(e.epoch), e.images,
                         e.memorized, e.zero_second, csv_field(e.ratio), csv_field(e.low), csv_field(e.high),
                         csv_field(e.knn_distance), csv_field(e.seconds), &e == best ? 1 : 0);
    if (run.evaluations.empty()) out += head + ",,,,,,,,,,,\r\n";
  }
  return out;
}

}  // namespace diffmem
