// SPDX-License-Identifier: MIT
// What every bench needs: its command line, its clock, and the facts that go with a figure.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem::bench {

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// What a figure says nothing without.
inline nlohmann::ordered_json facts(int threads) {
  nlohmann::ordered_json json{{"cpu", cpu_name()}, {"threads", threads}};
  for (const auto& [name, value] : build_facts()) json[name] = value;
  return json;
}

template <class Act>
double seconds_of(Act&& act) {
  const auto begun = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}
inline double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// The k nearest of one query by plain sums, as (squared distance, index).
inline std::vector<std::pair<std::int64_t, std::int64_t>> by_sorting(std::span<const std::uint8_t> query,
                                                                     std::span<const std::uint8_t> training,
                                                                     std::size_t k) {
  std::vector<std::pair<std::int64_t, std::int64_t>> list(training.size() / query.size());
  for (std::size_t t = 0; t < list.size(); ++t) {
    list[t].second = static_cast<std::int64_t>(t);
    for (std::size_t i = 0; i < query.size(); ++i) {
      const int d = query[i] - training[t * query.size() + i];
      list[t].first += d * d;
    }
  }
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(k), list.end());
  list.resize(k);
  return list;
}

/// Reads files and name=value settings from the command line and runs the bench; its exit status.
template <class Settings, class Run>
int main_of(std::string_view name, std::string_view usage, std::size_t files_wanted, int argc, char** argv, Run&& run) {
  try {
    if (answered(argc, argv, usage)) return 0;
    Settings settings;
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      const auto at = word.find('=');
      if (at == word.npos)
        files.emplace_back(word);
      else
        set_param(settings, word.substr(0, at), word.substr(at + 1));
    }
    if (files.size() != files_wanted)
      throw Error(name, fmt::format("{} files", files.size()), fmt::format("{}", files_wanted), "see --help");
    return run(files, settings);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}

}  // namespace diffmem::bench
