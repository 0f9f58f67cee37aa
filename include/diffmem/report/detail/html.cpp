// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/svg.hpp>
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

constexpr int most_pairs = 16;
constexpr std::string_view policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #24292f; --soft: #57606a; --faint: #d0d7de; --panel: #f6f8fa;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b3589a; --c4: #8a6d00; --c5: #56606b; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6e9ed; --soft: #a3acb6; --faint: #3a424b;
  --panel: #1c2128; --c0: #56b4e9; --c1: #ff8a3d; --c2: #2fc79b; --c3: #d98bc4; --c4: #d6b437; --c5: #a3acb6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 2rem clamp(1rem, 4vw, 3rem) 3rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.6rem 0 .8rem; font-size: 1.3rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: .4rem 0; max-width: 48rem; }
.soft, figcaption { color: var(--soft); font-size: .92rem; }
.question { font-size: 1.15rem; }
.answer { margin: 1.4rem 0; padding: 1rem 1.2rem; border-left: .3rem solid var(--c0); background: var(--panel); }
.answer p { max-width: none; }
.answer .lead { font-size: 1.3rem; line-height: 1.35; font-weight: 600; }
.several .lead { margin-top: .8rem; font-size: 1.05rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1.6rem 2.4rem; }
figure { margin: 0; min-width: 0; }
svg { display: block; width: 100%; height: auto; }
.strips { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1.8rem 2.4rem; }
.strip ol { display: grid; grid-template-columns: repeat(8, max-content); gap: .3rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.pair { padding: 4px; border: 3px solid transparent; }
.memorized { border-color: var(--c1); }
.pair img { display: block; width: 48px; height: auto; image-rendering: pixelated; }
.pair img + img { margin-top: 4px; }
.pair span { display: block; width: 48px; text-align: center; font-size: .75rem; color: var(--soft); }
.key { display: inline-block; width: 1em; height: 1em; border: 3px solid var(--c1); vertical-align: -.15em; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .45rem; border-bottom: 1px solid var(--faint); text-align: right; white-space: nowrap; }
th { font-weight: 600; }
thead th { vertical-align: bottom; border-bottom-color: var(--soft); }
tr > :first-child { padding-left: 0; text-align: left; }
.scroll tr > :first-child { position: sticky; left: 0; background: var(--paper); }
details { margin: .5rem 0; border-top: 1px solid var(--faint); padding-top: .5rem; }
summary { cursor: pointer; font-weight: 600; }
.facts td, .facts th { text-align: left; white-space: normal; vertical-align: top; overflow-wrap: anywhere; }
.own td, .own th { text-align: left; vertical-align: top; }
.facts th { width: 14rem; font-weight: 400; color: var(--soft); }
code { font-size: .9em; overflow-wrap: anywhere; }
@media (max-width: 640px) { .strip ol { grid-template-columns: repeat(4, max-content); } .pair img, .pair span { width: 64px; } }
@media print { .strip, figure { break-inside: avoid; } }
)";

/// Any text of the record as HTML text or attribute.
std::string safe(std::string_view text) { return escape(one_line(text)); }

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) -> unsigned {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u;
    };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? digits[three >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

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

std::string curve(std::string_view svg, std::string_view title, std::string_view caption) {
  if (svg.empty()) return "";
  return fmt::format("<figure>\n<h3>{}</h3>\n{}<figcaption>{}</figcaption>\n</figure>\n", title, inline_svg(svg),
                     caption);
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
  return fmt::format("<img src=\"data:image/png;base64,{}\" width=\"{}\" height=\"{}\" alt=\"{}\">",
                     base64(encode_png(picture)), strip.width, strip.height, alt);
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

std::string facts(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table class=\"facts\"><tbody>\n";
  for (const auto& [name, value] : pairs)
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", safe(name),
                       value.empty() ? std::string(missing) : safe(value));
  return out + "</tbody></table></div>\n";
}

std::string details(std::string_view summary, const std::vector<std::pair<std::string, std::string>>& pairs) {
  return pairs.empty() ? ""
                       : fmt::format("<details>\n<summary>{}</summary>\n{}</details>\n", safe(summary), facts(pairs));
}

using Facts = std::vector<std::pair<std::string, std::string>>;  // name, value

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
  const std::string title = report.title.empty() ? "diffmem report" : safe(report.title);
  std::string head = fmt::format("<header>\n<h1>{}</h1>\n", title);
  if (!report.question.empty()) head += fmt::format("<p class=\"question\">{}</p>\n", safe(report.question));
  if (!report.source.empty()) head += fmt::format("<p class=\"soft\">{}</p>\n", safe(report.source));
  std::string notes;
  for (const auto& note : report.notes) notes += fmt::format("<p>Note: {}</p>\n", safe(note));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n"
      "<style>{}</style>\n</head>\n<body>\n{}</header>\n<main>\n{}{}{}{}{}{}</main>\n</body>\n</html>\n",
      policy, title, style, head, answer(report), notes, curves(report, plots), pictures(report), table(report),
      all_details(report));
}

}  // namespace diffmem
