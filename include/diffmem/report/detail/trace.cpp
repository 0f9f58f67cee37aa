// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/report/trace.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace diffmem {
namespace {

using Event = Trace::Event;

double seconds_of(const Event& event) { return std::chrono::duration<double>(event.ended - event.begun).count(); }

/// Events of one kind.
struct Row {
  std::string phase, operation, layer;
  std::int64_t calls = 0;
  double seconds = 0, own = 0;  ///< own: without spans within
  Work work;
};

struct Summary {
  std::vector<Row> rows;    ///< the phases in the order of the trace, the slowest first
  std::vector<Row> phases;  ///< all of each
};

Summary summary_of(const Trace& trace, bool layers) {
  const auto& events = trace.events();
  std::vector<std::size_t> root(events.size());
  std::vector<double> within(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {  // an event's parent stands before it
    const std::size_t parent = events[i].parent;
    root[i] = parent == Trace::kNone ? i : root[parent];
    if (parent != Trace::kNone) within[parent] += seconds_of(events[i]);
  }
  Summary summary;
  std::map<std::string, std::size_t> phases;
  std::map<std::tuple<std::size_t, std::string, std::string>, Row> rows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    const std::string& phase = events[root[i]].operation;
    const std::size_t at = phases.try_emplace(phase, phases.size()).first->second;
    if (at == summary.phases.size())
      summary.phases.push_back({.phase = phase, .operation = {}, .layer = {}, .work = {}});
    const std::string layer = layers ? event.layer : "";
    Row& row = rows[{at, event.operation, layer}];
    row.phase = phase, row.operation = event.operation, row.layer = layer;
    for (Row* sum : {&row, &summary.phases[at]})
      sum->work.operations += event.work.operations, sum->work.bytes += event.work.bytes;
    ++row.calls, row.seconds += seconds_of(event), row.own += seconds_of(event) - within[i];
    if (root[i] == i) ++summary.phases[at].calls, summary.phases[at].seconds += seconds_of(event);
  }
  for (auto& [key, row] : rows) summary.rows.push_back(std::move(row));
  std::ranges::stable_sort(summary.rows, [&](const Row& a, const Row& b) {
    return std::tuple(phases[a.phase], -a.own) < std::tuple(phases[b.phase], -b.own);
  });
  return summary;
}

/// A rate and its part of a peak; nothing where there is no work.
std::string rate_text(double work, double seconds, double peak, std::string_view unit) {
  if (work <= 0 || seconds <= 0) return {};
  return fmt::format("{:.1f} {} ({:.0f} %)", 1e-9 * work / seconds, unit, 100 * work / seconds / peak);
}

std::string line_of(const Row& row, double whole, const Peaks& peaks, double product) {
  const std::string name = row.layer.empty() ? row.operation : row.operation + " " + row.layer;
  return fmt::format("  {:<44} {:>7} {:>11.3f} {:>6.1f} {:>20} {:>19}\n", name, row.calls, 1e3 * row.own,
                     100 * row.own / whole, rate_text(row.work.operations, row.own, product, "GF/s"),
                     rate_text(row.work.bytes, row.own, peaks.copy, "GB/s"));
}

}  // namespace

void write_trace(const Trace& trace, const Peaks& peaks, double product, const std::filesystem::path& folder) {
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  const auto microseconds = [](auto time) { return std::chrono::duration<double, std::micro>(time).count(); };
  for (const Event& event : trace.events())
    events.push_back(
        {{"name", event.operation},
         {"cat", event.layer},
         {"ph", "X"},
         {"ts", microseconds(event.begun - trace.events().front().begun)},
         {"dur", microseconds(event.ended - event.begun)},
         {"pid", 1},
         {"tid", 1},
         {"args", {{"layer", event.layer}, {"GFLOP", 1e-9 * event.work.operations}, {"MB", 1e-6 * event.work.bytes}}}});
  write_file_atomically(folder / "trace.json",
                        nlohmann::ordered_json{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}}.dump());

  std::string csv = "phase,operation,layer,calls,seconds,own_seconds,flop_per_s,of_product,byte_per_s,of_copy\n";
  for (const Row& row : summary_of(trace, true).rows) {
    const double flops = row.own > 0 ? row.work.operations / row.own : 0,
                 bytes = row.own > 0 ? row.work.bytes / row.own : 0;
    csv += fmt::format("{},{},{},{},{:.9f},{:.9f},{:.6g},{:.4f},{:.6g},{:.4f}\n", row.phase, row.operation, row.layer,
                       row.calls, row.seconds, row.own, flops, flops / product, bytes, bytes / peaks.copy);
  }
  write_file_atomically(folder / "trace.csv", csv);
}

constexpr double kSmall = 0.005;  // of a phase's time: not worth a line of its own
constexpr int kSlowest = 8;       // layers

std::string trace_table(const Trace& trace, const Peaks& peaks, double product) {
  std::string text =
      fmt::format("peaks of this machine: products {:.1f} GF/s in float32, {:.1f} in bf16; copy {:.1f} GB/s\n",
                  1e-9 * peaks.float32, 1e-9 * peaks.bf16, 1e-9 * peaks.copy);
  const Summary operations = summary_of(trace, false), layers = summary_of(trace, true);
  for (const Row& phase : operations.phases) {
    const auto in_phase = [&](const Row& row) { return row.phase == phase.phase; };
    text += fmt::format("\n{}: {} times, {:.3f} ms each {}\n", phase.phase, phase.calls,
                        1e3 * phase.seconds / static_cast<double>(phase.calls),
                        rate_text(phase.work.operations, phase.seconds, product, "GF/s"));
    text += fmt::format("  {:<44} {:>7} {:>11} {:>6} {:>20} {:>19}\n", "operation, without those within", "calls", "ms",
                        "%", "of the product", "of the copy");
    Row rest{.phase = {}, .operation = "all others", .layer = {}, .work = {}};
    for (const Row& row : operations.rows)
      if (in_phase(row)) {
        if (row.own < kSmall * phase.seconds && row.work.bytes == 0)
          rest.calls += row.calls, rest.own += row.own;
        else
          text += line_of(row, phase.seconds, peaks, product);
      }
    if (rest.calls > 0) text += line_of(rest, phase.seconds, peaks, product);
    for (int shown = 0; const Row& row : layers.rows) {
      if (!in_phase(row) || row.layer.empty() || shown == kSlowest) continue;
      if (shown++ == 0) text += "  slowest layers:\n";
      text += line_of(row, phase.seconds, peaks, product);
    }
  }
  return text;
}

}  // namespace diffmem
