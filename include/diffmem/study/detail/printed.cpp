// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/study/printed.hpp>
#include <diffmem/study/results.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace diffmem {
namespace {

std::vector<std::pair<std::string, PrintedRecord>>& all() {
  static std::vector<std::pair<std::string, PrintedRecord>> rows;
  return rows;
}

std::string_view next(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

void set_printed(std::string_view csv) {
  all().clear();
  for (bool head = true; !csv.empty(); head = false) {
    std::string_view line = next(csv, '\n');
    if (head || line.empty()) continue;
    const std::string whole(line);
    const std::string study(next(line, ',')), source(next(line, ',')), at(next(line, ','));
    const std::string_view measure = next(line, ',');
    double value = 0;
    if ((measure != "ratio" && measure != "knn") || !from_text(line, value))
      throw Error("printed numbers", fmt::format("\"{}\"", whole), "study,source,at,ratio or knn,number",
                  "correct the line");
    [[maybe_unused]] const Where well_formed(at);
    auto same = std::ranges::find_if(all(), [&](const auto& row) {
      return row.first == study && row.second.source == source && row.second.at == at;
    });
    if (same == all().end()) {
      const bool drawn = source.starts_with("Fig");
      same = all().insert(same, {study, {.source = source, .at = at, .drawn = drawn}});
    }
    if (measure == "ratio")
      same->second.ratio = value / 100;
    else
      same->second.knn = value;
  }
}

std::vector<PrintedRecord> printed_of(std::string_view study) {
  std::vector<PrintedRecord> rows;
  for (const auto& [name, row] : all())
    if (name == study) rows.push_back(row);
  return rows;
}

}  // namespace diffmem
