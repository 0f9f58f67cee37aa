// SPDX-License-Identifier: MIT
// diffmem_parity FILE: compares this build with the golden numbers in one .safetensors file.  What the file holds is
// read from its header, so a fixture of another configuration needs no code.
#include "parity.hpp"

#include <diffmem/core/runtime.hpp>

#include <fmt/format.h>

#include <cmath>

namespace diffmem::parity {

void Checks::require(std::string_view what, bool holds, std::string_view detail) {
  ++(holds ? passed_ : failed_);
  fmt::print("{:7} {:45} {}\n", holds ? "ok" : "FAILED", what, detail);
}

void Checks::close(std::string_view what, const Tensor& got, const Tensor& want, double tolerance) {
  if (got.sizes() != want.sizes()) {
    require(what, false, fmt::format("{} values against {}", got.numel(), want.numel()));
    return;
  }
  const Tensor a = got.detach().to(kFloat64), b = want.to(kFloat64);
  const auto rms = [](const Tensor& t) { return std::sqrt(t.square().mean().item().toDouble()); };
  const double size = rms(b) > 0 ? rms(b) : 1, error = rms(a - b) / size,
               most = (a - b).abs().max().item().toDouble() / size,
               worst = want.scalar_type() == kFloat64 ? tolerance : 10 * tolerance;
  require(
      what, error <= tolerance && most <= worst,  // false for NaN
      fmt::format("error {:.1e} of rms, bound {:.0e}; at most {:.1e}, bound {:.0e}", error, tolerance, most, worst));
}

void Checks::same(std::string_view what, const Tensor& got, const Tensor& want) {
  const bool holds = got.sizes() == want.sizes() && got.to(kFloat64).eq(want.to(kFloat64)).all().item().toBool();
  require(what, holds, fmt::format("{} values equal", want.numel()));
}

void Checks::not_built(std::string_view what, std::string_view needs) {
  ++not_built_;
  fmt::print("{:7} {:45} needs {}\n", "-", what, needs);
}

int Checks::conclude(std::string_view file) const {
  fmt::print("{}: {} passed, {} failed, {} not built\n", file, passed_, failed_, not_built_);
  return failed_ > 0 ? 1 : passed_ > 0 ? 0 : 77;
}

Fixture open_fixture(const std::filesystem::path& path) { return {path, read_safetensors(path)}; }

UNetConfig config_of(const Fixture& f) {
  try {
    return network_of(f.file);
  } catch (const NotSupported& what) {
    throw NotBuilt(what.what());
  }
}

namespace {

int run(const std::filesystem::path& path) {
  const Fixture f = open_fixture(path);
  Checks checks;
  const auto has = [&](const char* tensor) { return f.file.contains(tensor); };
  try {
    // What a file holds is told by its header's keys.
    if (f.has_meta("config") && f.has_meta("param_names"))
      check_songunet(f, checks);
    else if (f.has_meta("absmax_rms"))
      check_initial_values(f, checks);
    else if (f.has_meta("block_common"))
      check_layers(f, checks);
    else if (has("noise_labels"))
      check_embeddings(f, checks);
    else if (f.has_meta("runs") && f.has_meta("note") && f.meta("runs").is_object())
      check_losses(f, checks);
    else if (f.has_meta("runs"))
      check_skip_masks(f, checks);
    else if (f.has_meta("ema_halflife_nimg"))
      check_training_steps(f, checks);
    else if (f.has_meta("variants"))
      check_samplers(f, checks);
    else if (has("train_u8"))
      check_memorization(f, checks);
    else if (f.has_meta("columns"))
      check_orders(f, checks);
    else if (has("src_index"))
      check_optimum(f, checks);
    else if (f.has_meta("source") && f.file.metadata.at("source").starts_with("Pillow"))
      check_resize(f, checks);
    else
      checks.not_built(path.stem().string(), "a check that this build does not have");
  } catch (const NotBuilt& what) {
    checks.not_built(path.stem().string(), what.what());
  }
  return checks.conclude(path.filename().string());
}

}  // namespace
}  // namespace diffmem::parity

int main(int argc, char** argv) {
  constexpr const char* usage = "usage: diffmem_parity FILE.safetensors    compares this build with golden numbers";
  if (diffmem::answered(argc, argv, usage)) return 0;
  if (argc != 2) {
    fmt::print(stderr, "{}\n", usage);
    return 2;
  }
  diffmem::set_up_runtime({.threads = 1});  // ctest runs one test a core
  try {
    return diffmem::parity::run(argv[1]);
  } catch (const std::exception& e) {
    fmt::print("FAILED  {}\n", e.what());
    return 1;
  }
}
