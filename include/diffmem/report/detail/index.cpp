// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/detail/text.hpp>
#include <diffmem/report/detail/verdict.hpp>
#include <diffmem/report/index.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace diffmem {
namespace {

using namespace report_text;
using report_page::safe;

/// write_report() drew a figure.
bool has_figure(const ReportRecord& report) {
  return std::ranges::any_of(report.runs, [](const RunRecord& run) { return best_of(run.evaluations) != nullptr; });
}

/// "profile desktop; 9 runs, 3 training seeds; training 2 min, sampling 1 min".
std::string summary(const ReportRecord& report) {
  const auto [train, sample] = cost_of(report);
  const std::size_t seeds = seed_count(report);
  return fmt::format("{}{} {}, {} training {}; training {}, sampling and measuring {}",
                     report.profile.empty() ? "" : fmt::format("profile {}; ", report.profile), report.runs.size(),
                     report.runs.size() == 1 ? "run" : "runs", seeds, seeds == 1 ? "seed" : "seeds",
                     duration_text(train), duration_text(sample));
}

/// A folder's name as part of an address.
std::string address(std::string_view folder) {
  std::string out;
  for (const char c : folder) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Any text as one line of Markdown in which nothing is special, also not in a table.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (std::string_view("\\`*_[]#|!").find(c) != std::string_view::npos) out += '\\';
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

/// Any text as code, fenced by more backquotes than it has in a row.
std::string code(std::string_view text) {
  const std::string line = one_line(text);
  std::string fence = "`";
  while (line.find(fence) != std::string::npos) fence += '`';
  const std::string_view gap = line.find('`') == std::string::npos ? "" : " ";
  return fmt::format("{0}{1}{2}{1}{0}", fence, gap, line);
}

std::string figure_text(const ReportRecord& report) {
  return fmt::format("Memorized share of generated images over {}", report.x_title);
}

}  // namespace

namespace {

std::string section(const IndexRecord& study) {
  const auto& [folder, report] = study;
  const std::string link = safe(address(folder));
  const std::string figure =
      has_figure(report) ? fmt::format("<a href=\"{0}/report.html\"><img src=\"{0}/ratio.svg\" alt=\"{1}\"></a>", link,
                                       safe(figure_text(report)))
                         : std::string("<p class=\"soft\">Nothing was measured yet.</p>");
  std::string text = fmt::format(
      "<section>\n<div>{}</div>\n<div>\n<h2><a href=\"{}/report.html\">{}</a></h2>\n<p>{}</p>\n<p "
      "class=\"soft\">{}</p>\n",
      figure, link, safe(report.title.empty() ? folder : report.title), safe(report.question), safe(report.source));
  if (!report.claims.empty())
    text += fmt::format("<p><b>{}</b></p>\n{}", safe(score(report)), claim_list(report, false));
  return text + fmt::format("<p class=\"soft\">{}</p>\n<p><code>{}</code></p>\n</div>\n</section>\n",
                            safe(summary(report)), safe(report.command));
}

std::string gallery(const std::string& sections) {
  const std::string rows = sections.empty() ? "<p>No run is finished yet.</p>\n" : sections;
  return report_page::page("diffmem: studies", "", "<div class=\"gallery\">\n" + rows + "</div>\n",
                           "data: 'self' file:");  // the figures beside it
}

}  // namespace

std::string index_html(const std::vector<IndexRecord>& studies) {
  std::string all;
  for (const IndexRecord& study : studies)
    if (!study.report.runs.empty()) all += section(study);
  return gallery(all);
}

std::string results_markdown(const std::vector<IndexRecord>& studies, const std::string& folders) {
  std::string out;
  for (const auto& [folder, report] : studies) {
    if (report.runs.empty()) continue;
    out += fmt::format("{}## {}\n\n{}\n", out.empty() ? "" : "\n", plain(report.title.empty() ? folder : report.title),
                       plain(report.question));
    if (!report.source.empty()) out += fmt::format("({})\n", plain(report.source));
    const std::string here = address(folders + "/" + folder);
    if (has_figure(report)) out += fmt::format("\n![{}]({}/ratio.svg)\n", plain(figure_text(report)), here);
    if (!report.claims.empty()) {
      out += "\n| claim | outcome | by KNN distances | measured |\n|---|---|---|---|\n";
      for (const auto& claim : report.claims)
        out += fmt::format(
            "| {} | {} {} | {} | {} |\n", plain(claim.text), sign_of(claim.outcome), plain(claim.outcome),
            claim.knn_outcome.empty() ? std::string(missing) : plain(claim.knn_outcome), plain(claim.reason));
    }
    for (const auto& emm : report.emms)
      out += fmt::format("\n{}{}\n", emm.series.empty() ? "" : plain(emm.series) + ": ", plain(emm.statement));
    out += fmt::format("\n{}. [Numbers]({}/results.csv).", plain(summary(report)), here);
    if (!report.command.empty()) out += fmt::format("  \n{}", code(report.command));
    out += "\n";
  }
  return out;
}

namespace {

/// What is before the first "## " of a page, and each section from there on.
std::vector<std::string> sections_of(std::string_view page) {
  std::vector<std::string> parts(1);
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    if (line.starts_with("## ")) parts.emplace_back();
    const std::size_t length = std::min(page.size(), line.size() + 1);
    parts.back() += page.substr(0, length);
    page.remove_prefix(length);
  }
  return parts;
}

std::string_view heading(std::string_view section) { return section.substr(0, section.find('\n')); }

}  // namespace

void publish_results(const std::vector<IndexRecord>& studies, const std::filesystem::path& reports,
                     const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  for (const auto& [name, report] : studies) {
    if (report.runs.empty()) continue;
    make_folder(folder / "results" / name);
    for (const auto& file : fs::directory_iterator(reports / name)) {
      const fs::path kind = file.path().extension();
      if (kind == ".svg" || kind == ".gp" || kind == ".csv")
        write_file_atomically(folder / "results" / name / file.path().filename(), read_file(file.path()));
    }
  }
  const fs::path page = folder / "results.md";
  std::vector<std::string> parts = sections_of(fs::exists(page) ? read_file(page) : "# Results\n\n");
  std::vector<std::string> fresh = sections_of(results_markdown(studies, "results"));
  for (std::size_t i = 1; i < fresh.size(); ++i) {
    const auto old = std::ranges::find(parts.begin() + 1, parts.end(), heading(fresh[i]), heading);
    if (old == parts.end())
      parts.push_back(fresh[i]);
    else
      *old = fresh[i];
  }
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? "" : "\n") + part.substr(0, part.find_last_not_of('\n') + 1) + "\n";
  write_file_atomically(page, text);
}

void write_index(const std::vector<IndexRecord>& studies, const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  constexpr const char* kSection = "section.html";
  for (const IndexRecord& study : studies) {
    if (study.report.runs.empty()) continue;
    make_folder(folder / study.folder);
    write_file_atomically(folder / study.folder / kSection, section(study));
  }
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(entry.path() / kSection)) all.push_back(entry.path() / kSection);
  std::ranges::sort(all);
  std::string sections;
  for (const fs::path& path : all) sections += read_file(path);
  write_file_atomically(folder / "index.html", gallery(sections));
}

}  // namespace diffmem
