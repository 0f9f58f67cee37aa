// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/detail/text.hpp>
#include <diffmem/report/html.hpp>
#include <diffmem/report/png.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace diffmem {
namespace {

using namespace report_text;
using namespace report_page;

constexpr int most_pairs = 16;

/// The answer to the study's question: one sentence to remember, then the exact statement, for every curve.
std::string answer(const ReportRecord& report) {
  std::string out =
      fmt::format("<section class=\"answer{}\" aria-label=\"Result\">\n", report.emms.size() > 1 ? " several" : "");
  if (report.runs.empty())
    out += "<p class=\"lead\">No run is finished yet.</p>\n";
  else if (report.emms.empty())
    out += "<p class=\"lead\">The effective model memorization (EMM) was not estimated.</p>\n";
  for (const auto& emm : report.emms) {
    const std::string of = emm.series.empty() ? "" : safe(emm.series) + ": ";
    if (emm.linear)
      out += fmt::format(
          "<p class=\"lead\">{} to about {} training images, at least 90 % of what the model generates is "
          "memorized.</p>\n<p class=\"soft\">{}</p>\n",
          of.empty() ? "Up" : of + "up", number(*emm.linear), safe(emm.statement));
    else
      out += fmt::format("<p class=\"lead\">{}{}</p>\n", of, safe(emm.statement));
  }
  return out + "</section>\n";
}

std::string curves(const ReportRecord& report, const Plots& plots) {
  const std::string drawn =
      curve(
          plots.ratio, "Memorized images against training images",
          "Each point is one run's best evaluation, with its 95 % interval. Dashed: the 90 % level. Diamond: the EMM, "
          "where the curve falls through that level (linear in |D|).") +
      curve(plots.progress, "Memorized images through training",
            "Each point is one evaluation. The highest one of each run is what the other figures and the table show.") +
      curve(plots.loss, "Training loss", "Means over short stretches of training, on a logarithmic axis.") +
      curve(plots.distance, "Distance to the nearest training image",
            "Root mean square difference per pixel value between a generated image and its nearest training image, "
            "averaged "
            "over the images. 0 is an exact copy.");
  if (drawn.empty())
    return report.runs.empty() ? "" : "<h2>Curves</h2>\n<p class=\"soft\">Nothing was measured yet.</p>\n";
  return "<section>\n<h2>Curves</h2>\n<div class=\"curves\">\n" + drawn + "</div>\n</section>\n";
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

std::string pictures(const ReportRecord& report) {
  std::string strips;
  for (const auto& run : report.runs) strips += pictures_of(report, run);
  if (strips.empty()) return "";
  return "<section>\n<h2>Generated images and their nearest training images</h2>\n"
         "<p>Above: a generated image. Below: the training image nearest to it, at Euclidean distance d<sub>1</sub>. "
         "<span class=\"key\"></span> Framed: memorized, which means d<sub>1</sub>/d<sub>2</sub> &lt; 1/3, where "
         "d<sub>2</sub> is the distance to the second nearest. The number is d<sub>1</sub>/d<sub>2</sub>. "
         "The images are the first of the sample, not chosen.</p>\n<div class=\"strips\">\n" +
         strips + "</div>\n</section>\n";
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
      "<section>\n<h2>Runs</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of "
      "runs\">\n<table>\n<thead><tr>";
  for (const std::string_view head : {"run", "|D|", "memorized,<br>%", "95 %<br>interval", "images<br>generated",
                                      "zero<br>second", "KNN<br>distance", "best<br>at step", "steps", "epochs", "seed",
                                      "parameters", "training", "sampling and<br>measuring", "images/s<br>in training"})
    out += fmt::format("<th scope=\"col\">{}</th>", head);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& run : report.runs) out += table_row(report, run);
  return out +
         "</tbody>\n</table>\n</div>\n<p class=\"soft\">Each run's evaluation with the highest ratio. Zero second: "
         "generated images "
         "whose second nearest training image is at distance 0; they never count as memorized. KNN distance: to the "
         "nearest training image, divided by the root of the number of pixel values, in 8-bit grey levels. "
         "The same numbers, and every other evaluation, are in <code>results.csv</code>.</p>\n</section>\n";
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
  auto origin = report.machine;
  if (!report.command.empty()) origin.insert(origin.begin(), {"command", report.command});
  if (!report.date.empty()) origin.insert(origin.begin(), {"date", report.date});
  std::string out = details("Versions and machine of the last command", origin);

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
  std::string notes;
  for (const auto& note : report.notes) notes += fmt::format("<p>Note: {}</p>\n", safe(note));
  return page(title, head,
              answer(report) + notes + curves(report, plots) + pictures(report) + table(report) + all_details(report));
}

}  // namespace diffmem
