// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/index.hpp>

#include <fmt/format.h>

namespace diffmem {

void write_index(const std::vector<IndexRecord>& studies, const std::filesystem::path& folder) {
  using report_page::safe;
  std::string rows;
  for (const auto& [name, report] : studies) {
    double seconds = 0;
    for (const RunRecord& run : report.runs) seconds += run.train_seconds + run.sample_seconds;
    std::string claims;
    for (const ClaimRecord& claim : report.claims)
      claims += fmt::format("<li><b>{}</b>: {}</li>\n", safe(claim.outcome), safe(claim.text));
    rows += fmt::format(
        "<section>\n<h2><a href=\"{0}/report.html\">{0}</a></h2>\n<p>{1}</p>\n<ul>{2}</ul>\n"
        "<p class=\"soft\">{3}; {4} runs, {5} of one core or device</p>\n</section>\n",
        safe(name), safe(report.question), claims, safe(report.source), report.runs.size(), duration_text(seconds));
  }
  write_file_atomically(folder / "index.html", report_page::page("diffmem: studies", "", rows));
}

}  // namespace diffmem
