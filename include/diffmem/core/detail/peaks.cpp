// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/peaks.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/tensor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

/// The most of `amount` a second, over calls of `act` for so many seconds.
template <class Act>
double best_rate(double amount, double seconds, Act&& act) {
  double best = 0;
  const double begun = steady_seconds();
  for (int call = 0; call < 2 || steady_seconds() - begun < seconds; ++call) {
    const double from = steady_seconds();
    act();
    best = std::max(best, amount / (steady_seconds() - from));
  }
  return best;
}

double product_rate(at::ScalarType type) {
  double best = 0, next = 0;  // seconds of the next larger product: where a type is slow, small ones must do
  for (int n = 256; n <= 2048 && next < 0.2; n *= 2) {
    const Tensor a = full({n, n}, 0.5).to(type), b = full({n, n}, 0.25).to(type);
    const double operations = 2.0 * n * n * n;
    best = std::max(best, best_rate(operations, 0.1, [&] { a.matmul(b); }));
    next = 8 * operations / best;
  }
  return best;
}

/// What the peaks depend on.
std::string key() {
  std::string key = cpu_name();
  for (const auto& [name, value] : build_facts())
    if (name == "diffmem" || name == "LibTorch" || name == "CPU capability" || name == "threads")
      key += fmt::format(", {} {}", name, value);
  return key;
}

std::optional<Peaks> read_peaks(const fs::path& path, const std::string& key) try {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  const auto json = parse_json(read_file(path, 1 << 16));
  if (!json.is_object() || json.value("machine", "") != key) return std::nullopt;
  const Peaks peaks{json.value("float32", 0.0), json.value("bf16", 0.0), json.value("copy", 0.0)};
  return peaks.float32 > 0 && peaks.bf16 > 0 && peaks.copy > 0 ? std::optional(peaks) : std::nullopt;
} catch (const std::exception&) {  // unreadable, or of other types: as good as none
  return std::nullopt;
}

}  // namespace

Peaks measure_peaks() {
  constexpr std::int64_t kFloats = 1 << 24;
  const Tensor from = full({kFloats}, 1), to = full({kFloats}, 0);
  return {.float32 = product_rate(kFloat32),
          .bf16 = product_rate(at::ScalarType::BFloat16),
          .copy = best_rate(2.0 * sizeof(float) * kFloats, 0.3, [&] { to.copy_(from); })};
}

Peaks machine_peaks() {
  const std::string machine = key();
  const fs::path folder = cache_folder(), path = folder / fmt::format("peaks-{}.json", digest(machine).substr(0, 8));
  if (!folder.empty())
    if (const auto kept = read_peaks(path, machine)) return *kept;
  const Peaks peaks = measure_peaks();
  if (!folder.empty()) try {
      make_folder(folder);
      const nlohmann::ordered_json json{
          {"machine", machine}, {"float32", peaks.float32}, {"bf16", peaks.bf16}, {"copy", peaks.copy}};
      write_file_atomically(path, json.dump(1) + "\n");
    } catch (const Error&) {  // read-only or full: measured again next time
    }
  return peaks;
}

}  // namespace diffmem
