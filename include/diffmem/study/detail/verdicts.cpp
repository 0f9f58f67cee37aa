// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/measure/emm_fit.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/measure/ratio_spread.hpp>
#include <diffmem/study/detail/verdicts.hpp>
#include <diffmem/study/printed.hpp>
#include <diffmem/study/run_folder.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem {
namespace {

/// The EMM of each curve over two sizes or more, all seeds together.
std::vector<EmmRecord> emms_of(const ReportRecord& report) {
  std::vector<EmmRecord> emms;
  for (const std::string& name : series_names(report)) {
    std::vector<RunRatio> runs;
    for (const RunRecord& run : report.runs)
      if (const Evaluation* best = best_of(run.evaluations); best && run.series == name)
        runs.push_back({run.size, best->memorized, best->images});
    if (runs.empty()) continue;
    const EmmFit fit = fit_emm(runs);
    emms.push_back({name, fit.emm.linear, fit.emm.logarithmic, fit.statement, fit.interval.low, fit.interval.high});
  }
  return emms;
}

std::string word(Outcome outcome) { return std::string(words_of(outcome)[static_cast<std::size_t>(outcome)]); }

ClaimRecord judge(const Claim& claim, const Results& results) {
  const Verdict ratio = claim(results);
  ClaimRecord record{.text = claim.text, .outcome = word(ratio.outcome), .reason = ratio.reason};
  if (claim.has_knn_view) {
    const Verdict knn = claim(results, Measure::knn);
    record.knn_outcome = word(knn.outcome), record.knn_reason = knn.reason;
  }
  return record;
}

/// Adds how the ratio of n of each run's images spreads (Fig. 6), and n as an axis, "images".
void spread(const StudyGrid& grid, const std::map<std::string, RunRecord>& records,
            const std::vector<std::int64_t>& sizes, int threads, ReportRecord& report, Results& results) {
  GridAxis& axis = results.axes.emplace_back(GridAxis{"images", {}});
  for (const std::int64_t n : sizes) axis.labels.push_back(fmt::format("{}", n));
  for (const Cell& cell : grid.cells) {
    const auto found = records.find(cell.plan.name);
    if (found == records.end()) continue;
    const auto generated = best_images(found->second.folder);
    const ImageSet& training = cell.set->images;
    const Memorization m = memorization(generated, training.pixels, training.image_size(), threads);
    for (const RatioSpread& s : ratio_spread(m.flags, sizes, 1000, 0, threads)) {
      report.spreads.push_back({cell.name, s.images, s.mean, s.deviation, s.interval.low, s.interval.high});
      Listing at = cell.at;
      at.emplace_back("images", fmt::format("{}", s.images));
      results.spreads.push_back({std::move(at), s.deviation});
    }
  }
}

}  // namespace

ReportRecord report_of(const StudyGrid& grid, const std::map<std::string, RunRecord>& records, Profile profile,
                       int threads) {
  const StudyBase& study = *grid.study;
  ReportRecord report;
  report.title = study.name, report.question = study.about, report.source = study.from;
  report.profile = to_text(profile);
  report.machine = build_facts();
  report.date = now_text();
  const bool trained = std::ranges::any_of(grid.cells, [](const Cell& cell) { return cell.plan.steps > 0; });
  if (trained && grid.train.budget == Budget::steps)
    report.notes.push_back(
        fmt::format("Every size was trained for the same number of optimiser steps ({:.0f}), so a small set was seen "
                    "for more epochs; the paper holds epochs equal (--budget epochs).",
                    grid.train.length));
  Results results{.axes = grid.axes, .runs = {}};
  const bool over_sizes = study.x == "size";
  if (!over_sizes) {
    report.x_labels = results.labels(study.x);
    const auto factor = std::ranges::find(study.factors, study.x, &StudyBase::Factor::name);
    report.x_title = factor == study.factors.end() ? study.x : factor->title;
  }
  std::size_t missing = 0;
  for (const Cell& cell : grid.cells) {
    const auto found = records.find(cell.plan.name);
    Result& result = results.runs.emplace_back(Result{.at = cell.at, .seed = cell.seed});
    if (found == records.end()) {
      ++missing;
      continue;
    }
    result.evaluations = found->second.evaluations;
    RunRecord& run = report.runs.emplace_back(found->second);
    Listing varied;  // what runs differ in, so that labels stay short
    for (const auto& place : cell.at)
      if (results.labels(place.first).size() > 1) varied.push_back(place);
    run.cell = spell(study, varied.empty() ? cell.at : varied, ""), run.series = spell(study, varied, study.x);
    run.at = cell.at;
    run.x = static_cast<double>(cell.size);
    if (!over_sizes) {
      const auto here = std::ranges::find(cell.at, study.x, &Listing::value_type::first);
      run.x = static_cast<double>(std::ranges::find(report.x_labels, here->second) - report.x_labels.begin());
    }
  }
  if (missing > 0) report.notes.push_back(fmt::format("{} of {} runs are not here.", missing, grid.cells.size()));
  if (over_sizes && results.labels("size").size() > 1) report.emms = emms_of(report);
  if (const auto& sizes = study.spread_sizes.of(profile); !sizes.empty())
    spread(grid, records, sizes, threads, report, results);
  for (const Claim& claim : study.claimed) report.claims.push_back(judge(claim, results));
  report.printed = printed_of(study.name);
  return report;
}

std::vector<std::string> beyond_grid(const StudyGrid& grid) {
  Results results{.axes = grid.axes, .runs = {}};
  for (const Cell& cell : grid.cells) results.runs.push_back({.at = cell.at, .seed = cell.seed});
  std::vector<std::string> sentences;
  for (const Claim& claim : grid.study->claimed) {
    if (!grid.study->spread_sizes.of(Profile::paper).empty()) continue;  // asks for images, which come with the runs
    if (const std::string reason = claim(results).reason; reason.starts_with("the grid has no"))
      sentences.push_back(fmt::format("{} {}", claim.text, reason));
  }
  return sentences;
}

}  // namespace diffmem
