// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/detail/text.hpp>
#include <diffmem/report/detail/verdict.hpp>
#include <diffmem/report/html.hpp>
#include <diffmem/report/png.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace diffmem {
namespace {

using namespace report_text;
using namespace report_page;

constexpr int most_pairs = 16;
constexpr std::size_t most_strips = 12, most_open_runs = 30;

/// The answer to the study's question: its claims with their outcomes, or the EMM of every curve as one sentence to remember
/// and the exact statement.
std::string answer(const ReportRecord& report) {
  const std::string claims = claim_list(report, true);
  const bool over_sizes =
      std::ranges::any_of(report.runs, [&](const RunRecord& run) { return run.size != report.runs.front().size; });
  std::string out;
  if (report.runs.empty())
    out = "<p class=\"lead\">No run is finished yet.</p>\n";
  else if (!claims.empty())
    out = fmt::format("<p class=\"lead\">{}.</p>\n{}", safe(score(report)), claims);
  else if (report.emms.empty() && over_sizes)
    out = "<p class=\"lead\">The effective model memorization (EMM) was not estimated.</p>\n";
  for (const auto& emm : report.emms) {
    const std::string of = emm.series.empty() ? "" : safe(emm.series) + ": ";
    if (!claims.empty())
      out += fmt::format("<p>{}{}</p>\n", of, safe(emm.statement));
    else if (emm.logarithmic)
      out += fmt::format(
          "<p class=\"lead\">{} to about {} training images, at least 90 % of what the model generates is "
          "memorized.</p>\n<p class=\"soft\">{}</p>\n",
          of.empty() ? "Up" : of + "up", number(*emm.logarithmic), safe(emm.statement));
    else
      out += fmt::format("<p class=\"lead\">{}{}</p>\n", of, safe(emm.statement));
  }
  if (out.empty()) return "";
  return fmt::format("<section class=\"answer{}\" aria-label=\"Result\">\n{}</section>\n",
                     claims.empty() && report.emms.size() > 1 ? " several" : "", out);
}

/// Whether all runs have one noise schedule, the first word of their designs.
bool weighted_alike(const ReportRecord& report) {
  std::set<std::string> schedules;
  for (const auto& run : report.runs)
    for (const auto& [name, text] : run.settings)
      if (name == "design") schedules.insert(text.substr(0, text.find('-')));
  return schedules.size() <= 1;
}

std::string curves(const ReportRecord& report, const Plots& plots) {
  const bool over_sizes = report.x_labels.empty(), seeds = has_seeds(report);
  const std::string runs = seeds ? "Each point is one run's best evaluation, lines are means over training seeds"
                                 : "Each point is one run's best evaluation";
  const std::string drawn =
      curve(plots.ratio.svg, over_sizes ? "Memorized images against training images" : "Memorized images",
            fmt::format("{}, bars 95 % intervals of a run's own images. Dashed: the 90 % level.{}", runs,
                        report.emms.empty() ? ""
                                            : " Diamond: the EMM, where the curve falls through that level (linear in "
                                              "log |D|); the bar at its foot is its 95 % interval.")) +
      curve(plots.progress.svg, "Memorized images through training",
            fmt::format("{} The highest evaluation of each run is what the other figures and the tables show.",
                        seeds ? "Means over training seeds; thin lines, where there are few, are single runs."
                              : "Each point is one evaluation.")) +
      curve(plots.distance.svg, "Distance to the nearest training image",
            "Root mean square difference per pixel value between a generated image and its nearest training image, "
            "averaged over the images. 0 is an exact copy.") +
      curve(plots.loss.svg, "Training loss",
            fmt::format("Means over short stretches of training{}, on a logarithmic axis.{}",
                        seeds ? " and over training seeds" : "",
                        weighted_alike(report)
                            ? ""
                            : " Each noise schedule weights its loss in its own way: compare curves of "
                              "one schedule, not of two."));
  if (drawn.empty())
    return report.runs.empty() ? "" : "<h2>Figures</h2>\n<p class=\"soft\">Nothing was measured yet.</p>\n";
  return "<section>\n<h2>Figures</h2>\n<div class=\"curves\">\n" + drawn + "</div>\n</section>\n";
}

std::string image(const PictureStrip& strip, std::span<const std::uint8_t> images, int index, std::string_view alt) {
  const auto one = static_cast<std::size_t>(strip.channels * strip.height * strip.width);
  const Bitmap picture =
      to_bitmap(images.subspan(static_cast<std::size_t>(index) * one, one), strip.channels, strip.height, strip.width);
  return fmt::format("<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">", data_url(picture), strip.width,
                     strip.height, alt);
}

std::string pictures_of(const ReportRecord& report, const RunRecord& run) {
  const auto& strip = run.pictures;
  const int shown = std::min(pair_count(strip), most_pairs);
  if (shown == 0) return "";
  std::string pairs;
  int memorized = 0;
  for (int i = 0; i < shown; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const bool copied = strip.flags[at] != 0;
    memorized += copied;
    pairs +=
        fmt::format("<li class=\"pair{}\">{}{}<span>{}</span></li>\n", copied ? " memorized" : "",
                    image(strip, strip.generated, i,
                          fmt::format("generated image {}, {}", i + 1, copied ? "memorized" : "not memorized")),
                    image(strip, strip.nearest, i, fmt::format("training image nearest to generated image {}", i + 1)),
                    std::isfinite(strip.ratio[at]) ? fmt::format("{:.2f}", strip.ratio[at]) : std::string(missing));
  }
  return fmt::format(
      "<figure class=\"strip\">\n<h3>{}</h3>\n<figcaption>{} of these {} are "
      "memorized</figcaption>\n<ol>\n{}</ol>\n</figure>\n",
      safe(run_label(report, run)), memorized, shown, pairs);
}

/// One run of each cell, of its first training seed; of many cells, as many as a page can hold, evenly chosen.
std::vector<const RunRecord*> pictured(const ReportRecord& report) {
  std::vector<const RunRecord*> all, some;
  for (const auto& cell : cells_of(report))
    if (pair_count(cell.runs[0]->pictures) > 0) all.push_back(cell.runs[0]);
  if (all.size() <= most_strips) return all;
  for (std::size_t i = 0; i < most_strips; ++i) some.push_back(all[i * (all.size() - 1) / (most_strips - 1)]);
  return some;
}

std::string pictures(const ReportRecord& report) {
  const auto shown = pictured(report);
  if (shown.empty()) return "";
  std::string strips;
  for (const RunRecord* run : shown) strips += pictures_of(report, *run);
  const auto all = std::ranges::count_if(report.runs, [](const RunRecord& r) { return pair_count(r.pictures) > 0; });
  return fmt::format(
      "<section>\n<h2>Generated images and their nearest training images</h2>\n"
      "<p>Above: a generated image. Below: the training image nearest to it, at Euclidean distance d<sub>1</sub>. "
      "<span class=\"key\"></span> Framed: memorized, which means d<sub>1</sub>/d<sub>2</sub> &lt; 1/3, where "
      "d<sub>2</sub> is the distance to the second nearest. The number is d<sub>1</sub>/d<sub>2</sub>. "
      "The images are the first of the sample, not chosen.{}</p>\n<div class=\"strips\">\n{}</div>\n</section>\n",
      std::cmp_less(shown.size(), all)
          ? fmt::format(
                " {} of {} runs are shown; the pictures of all are beside this page, <code>pictures-*.png</code>.",
                shown.size(), all)
          : "",
      strips);
}

/// Begins a table that may be wider than the page.
std::string table_head(std::string_view name, const std::vector<std::string_view>& heads) {
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n<table>\n<thead><tr>", name);
  for (const std::string_view head : heads) out += fmt::format("<th scope=\"col\">{}</th>", head);
  return out + "</tr></thead>\n<tbody>\n";
}
constexpr std::string_view table_end = "</tbody>\n</table>\n</div>\n";

/// "≈ 87.0": read off a drawing.
std::string printed_text(double value, bool drawn, std::string (*spell)(double)) {
  return value < 0 ? std::string(missing) : (drawn ? "≈ " : "") + spell(value);
}

/// The paper's numbers, ours beside them where our grid has the very cell.
std::string paper(const ReportRecord& report) {
  const auto rows = printed_rows(report);
  if (rows.empty()) return "";
  const auto ours = std::ranges::count_if(rows, [](const PrintedRow& row) { return row.our_ratio.n > 0; });
  const bool drawn = std::ranges::any_of(rows, [](const PrintedRow& r) { return r.ratio_drawn || r.knn_drawn; });
  const bool knn = std::ranges::any_of(rows, [](const PrintedRow& row) { return row.knn >= 0; });
  std::vector<std::string_view> heads{"cell", "memorized, %,<br>paper", "memorized, %,<br>ours"};
  if (knn) heads.insert(heads.end(), {"KNN distance,<br>paper", "KNN distance,<br>ours"});
  heads.emplace_back("source");
  std::string out = "<section>\n<h2>The paper's numbers</h2>\n" + table_head("Table of the paper's numbers", heads);
  for (const auto& row : rows) {
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>", safe(row.at),
                       printed_text(row.ratio, row.ratio_drawn, percent), spread_text(row.our_ratio, percent));
    if (knn)
      out += fmt::format("<td>{}</td><td>{}</td>", printed_text(row.knn, row.knn_drawn, number),
                         spread_text(row.our_knn, number));
    out += fmt::format("<td>{}</td></tr>\n", safe(row.source));
  }
  const std::string runs = report.profile.empty() ? "these runs" : fmt::format("the profile {}", safe(report.profile));
  std::string remarks;
  if (ours == 0)
    remarks = fmt::format("The grid of {} is another one than the paper's: none of its cells is ours. ", runs);
  else
    remarks = fmt::format(
        "Ours: mean ± standard deviation over training seeds, at the scale of {}; cells without are not on its grid. ",
        runs);
  if (drawn) remarks += "≈: read off a figure, ± 1 point.";
  return fmt::format("{}{}<p class=\"soft\">{}</p>\n</section>\n", out, table_end, remarks);
}

/// One row a cell, where cells have several training seeds.
std::string cell_table(const ReportRecord& report) {
  if (!has_seeds(report)) return "";
  std::string out = "<section>\n<h2>Cells</h2>\n" +
                    table_head("Table of cells", {"cell", "|D|", "training<br>seeds", "memorized, %", "KNN distance",
                                                  "training,<br>all seeds", "sampling and<br>measuring"});
  for (const auto& cell : cells_of(report)) {
    double train = 0, sample = 0;
    for (const RunRecord* run : cell.runs) train += run->train_seconds, sample += run->sample_seconds;
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        safe(cell.runs[0]->cell), count_text(cell.runs[0]->size), cell.runs.size(), spread_text(cell.ratio, percent),
        spread_text(cell.knn, number), duration_text(train), duration_text(sample));
  }
  return out + std::string(table_end) +
         "<p class=\"soft\">Mean ± standard deviation over training seeds, of each run's evaluation with the highest "
         "ratio.</p>\n</section>\n";
}

std::string table_row(const ReportRecord& report, const RunRecord& run) {
  std::string out = fmt::format("<tr><th scope=\"row\">{}</th>", safe(run_label(report, run)));
  const auto cell = [&](std::string_view text) { out += fmt::format("<td>{}</td>", text); };
  cell(count_text(run.size));
  const auto* best = best_of(run.evaluations);
  cell(best ? percent(best->ratio) : missing);
  cell(best ? fmt::format("{}–{}", percent(best->low), percent(best->high)) : missing);
  cell(best ? count_text(best->images) : missing);
  cell(best ? count_text(best->zero_second) : missing);
  cell(best ? number(best->knn_distance) : missing);
  cell(best ? count_text(best->step) : missing);
  cell(count_text(run.steps));
  cell(number(run.epochs));
  cell(fmt::format("{}", run.seed));
  cell(count_text(run.parameters));
  cell(duration_text(run.train_seconds));
  cell(duration_text(run.sample_seconds));
  cell(number(run.images_per_second));
  return out + "</tr>\n";
}

std::string table(const ReportRecord& report) {
  if (report.runs.empty()) return "";
  std::string out =
      table_head("Table of runs", {"run", "|D|", "memorized,<br>%", "95 %<br>interval", "images<br>generated",
                                   "zero<br>second", "KNN<br>distance", "best<br>at step", "steps", "epochs", "seed",
                                   "parameters", "training", "sampling and<br>measuring", "images/s<br>in training"});
  for (const auto& run : report.runs) out += table_row(report, run);
  out += table_end;
  if (report.runs.size() > most_open_runs)
    out = fmt::format("<details>\n<summary>All {} runs</summary>\n{}</details>\n", report.runs.size(), out);
  return "<section>\n<h2>Runs</h2>\n" + out +
         "<p class=\"soft\">Each run's evaluation with the highest ratio. Zero second: generated images "
         "whose second nearest training image is at distance 0; they never count as memorized. KNN distance: to the "
         "nearest training image, divided by the root of the number of pixel values, in 8-bit grey levels. "
         "The same numbers, and every other evaluation, are in <code>results.csv</code>.</p>\n</section>\n";
}

/// What it took, and how to do it again.
std::string cost(const ReportRecord& report) {
  const auto [train, sample] = cost_of(report);
  Facts all;
  if (!report.command.empty()) all.emplace_back("command", report.command);
  if (!report.profile.empty()) all.emplace_back("profile", report.profile);
  if (!report.date.empty()) all.emplace_back("date", report.date);
  if (!report.runs.empty()) {
    all.emplace_back("runs",
                     fmt::format("{}, of {} cells with {} training {}", report.runs.size(), cells_of(report).size(),
                                 seed_count(report), seed_count(report) == 1 ? "seed" : "seeds"));
    all.emplace_back("training, all runs one after another", duration_text(train));
    all.emplace_back("sampling and measuring, likewise", duration_text(sample));
  }
  return all.empty() ? "" : "<section>\n<h2>Command and cost</h2>\n" + facts(all) + "</section>\n";
}

/// What a run says of itself: settings, and what it was made with.
Facts facts_of(const RunRecord& run) {
  auto all = run.settings;
  for (const auto& [name, value] : run.made_with) all.emplace_back("made with: " + name, value);
  return all;
}

/// One row per run: its folder and the settings that not all runs share.  `facts` has one entry a run.
std::string own_settings(const ReportRecord& report, const std::vector<Facts>& facts,
                         const std::vector<std::string>& names) {
  std::string out =
      "<details>\n<summary>Settings that differ</summary>\n<div class=\"scroll\" tabindex=\"0\"><table "
      "class=\"own\"><thead><tr>"
      "<th scope=\"col\">run</th>";
  for (const auto& name : names) out += fmt::format("<th scope=\"col\">{}</th>", safe(name));
  out += "<th scope=\"col\">folder</th></tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const RunRecord& run = report.runs[i];
    out += fmt::format("<tr><th scope=\"row\">{}</th>", safe(run_label(report, run)));
    for (const auto& name : names) {
      const auto found = std::ranges::find(facts[i], name, &Facts::value_type::first);
      out += fmt::format("<td>{}</td>", found == facts[i].end() ? std::string(missing) : safe(found->second));
    }
    out += fmt::format("<td>{}</td></tr>\n", safe(run.folder));
  }
  return out + "</tbody></table></div>\n</details>\n";
}

std::string all_details(const ReportRecord& report) {
  std::string out = details("Versions and machine of the last command", report.machine);

  std::vector<Facts> facts;
  for (const auto& run : report.runs) facts.push_back(facts_of(run));
  Facts common;
  std::vector<std::string> differing;
  for (const Facts& own : facts)
    for (const auto& setting : own) {
      const bool shared = std::ranges::all_of(
          facts, [&](const Facts& other) { return std::ranges::find(other, setting) != other.end(); });
      if (shared && &own == &facts.front()) common.push_back(setting);
      if (!shared && std::ranges::find(differing, setting.first) == differing.end()) differing.push_back(setting.first);
    }
  out += details("Settings of all runs", common);
  if (!report.runs.empty()) out += own_settings(report, facts, differing);
  return out.empty() ? "" : "<section>\n<h2>Details</h2>\n" + out + "</section>\n";
}

}  // namespace

std::string html_report(const ReportRecord& report, const Plots& plots) {
  const std::string title = report.title.empty() ? "diffmem report" : report.title;
  std::string head;
  if (!report.question.empty()) head += fmt::format("<p class=\"question\">{}</p>\n", safe(report.question));
  if (!report.source.empty()) head += fmt::format("<p class=\"soft\">{}</p>\n", safe(report.source));
  if (!report.profile.empty()) head += fmt::format("<p class=\"soft\">Scale: {}</p>\n", safe(report.profile));
  std::string notes;
  for (const auto& note : report.notes) notes += fmt::format("<p>Note: {}</p>\n", safe(note));
  return page(title, head,
              answer(report) + notes + curves(report, plots) + paper(report) + cell_table(report) + pictures(report) +
                  table(report) + cost(report) + all_details(report));
}

}  // namespace diffmem
