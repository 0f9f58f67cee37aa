// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/report/csv.hpp>
#include <diffmem/report/html.hpp>
#include <diffmem/report/png.hpp>
#include <diffmem/report/write.hpp>

#include <utility>

namespace diffmem {
namespace {

std::string file_name(std::string name) {
  for (char& c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
          c == '-'))
      c = '_';
  return "pictures-" + name + ".png";
}

}  // namespace

void write_report(const ReportRecord& report, const std::filesystem::path& folder) {
  make_folder(folder);
  write_file_atomically(folder / "results.csv", results_csv(report));
  for (const auto& run : report.runs)
    if (pair_count(run.pictures) > 0)
      write_file_atomically(folder / file_name(run.name), encode_png(pair_picture(run.pictures)));
  const Plots plots = draw_plots(report);
  const std::pair<const char*, const std::string&> files[] = {{"ratio.svg", plots.ratio},
                                                              {"loss.svg", plots.loss},
                                                              {"progress.svg", plots.progress},
                                                              {"distance.svg", plots.distance}};
  for (const auto& [name, svg] : files)
    if (!svg.empty()) write_file_atomically(folder / name, svg);
  write_file_atomically(folder / "report.html", html_report(report, plots));
}

}  // namespace diffmem
