// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/report/csv.hpp>
#include <diffmem/report/html.hpp>
#include <diffmem/report/png.hpp>
#include <diffmem/report/write.hpp>

#include <string>
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
  const std::pair<std::string, const Plot&> files[] = {
      {"ratio", plots.ratio}, {"loss", plots.loss}, {"progress", plots.progress}, {"distance", plots.distance}};
  for (const auto& [name, plot] : files) {
    if (plot.svg.empty()) continue;
    write_file_atomically(folder / (name + ".svg"), plot.svg);
    write_file_atomically(folder / (name + ".gp"), plot.script);
  }
  write_file_atomically(folder / "report.html", html_report(report, plots));
}

}  // namespace diffmem
