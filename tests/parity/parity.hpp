// SPDX-License-Identifier: MIT
// Shared words of the parity program: comparisons with a golden file, counted as passed, failed or not built.
#pragma once
#include <diffmem/core/safetensors.hpp>
#include <diffmem/net/weights.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace diffmem::parity {

/// Thrown where a fixture needs a policy that this build does not have.
struct NotBuilt : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Counts comparisons and prints one line each.
class Checks {
 public:
  /// The rms of got - want is at most `tolerance` times the rms of want.  Where `want` is float64, the worst value is held
  /// to the same bound; where it is float32, to ten times that, since the golden float32 numbers are themselves up to
  /// 5e-6 in rms and 4e-5 at worst (with most skips off) away from float64's, and further on CPUs that sum otherwise.
  void close(std::string_view what, const Tensor& got, const Tensor& want, double tolerance);
  /// All values are equal.
  void same(std::string_view what, const Tensor& got, const Tensor& want);
  void not_built(std::string_view what, std::string_view needs);
  void require(std::string_view what, bool holds, std::string_view detail);
  /// 0 passed, 1 failed, 77 nothing was compared because nothing needed is built.
  int conclude(std::string_view file) const;

 private:
  int passed_ = 0, failed_ = 0, not_built_ = 0;
};

/// A golden file with its folder (other files are named relative to it).
struct Fixture {
  std::filesystem::path path;
  SafeTensors file;
  nlohmann::json meta(const std::string& key) const { return nlohmann::json::parse(file.metadata.at(key)); }
  bool has_meta(const std::string& key) const { return file.metadata.contains(key); }
};
Fixture open_fixture(const std::filesystem::path& path);

/// The network that a golden file describes; NotBuilt when it has a part that we lack.
UNetConfig config_of(const Fixture& f);
/// What a weight's name begins with in a golden file.
inline constexpr std::string_view kWeight = "w.";

void check_songunet(const Fixture& f, Checks& checks);
void check_initial_values(const Fixture& f, Checks& checks);
void check_layers(const Fixture& f, Checks& checks);
void check_embeddings(const Fixture& f, Checks& checks);
void check_losses(const Fixture& f, Checks& checks);
void check_skip_masks(const Fixture& f, Checks& checks);
void check_training_steps(const Fixture& f, Checks& checks);
void check_samplers(const Fixture& f, Checks& checks);
void check_memorization(const Fixture& f, Checks& checks);
void check_resize(const Fixture& f, Checks& checks);
void check_orders(const Fixture& f, Checks& checks);
void check_optimum(const Fixture& f, Checks& checks);

}  // namespace diffmem::parity
