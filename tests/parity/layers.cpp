// SPDX-License-Identifier: MIT
// Single layers, residual blocks with their gradients, and embeddings.
#include "parity.hpp"

#include <diffmem/embedding/fourier.hpp>
#include <diffmem/embedding/positional.hpp>

#include <fmt/format.h>

namespace diffmem::parity {
namespace {

Resample resample_of(const nlohmann::json& j) {
  return j.value("up", false) ? Resample::up : j.value("down", false) ? Resample::down : Resample::none;
}

/// Gives every leaf of `leaves` the value prefix + name.
void fill(const Leaves& leaves, const SafeTensors& file, const std::string& prefix) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, leaf] : leaves.parameters()) leaf.copy_(file.at(prefix + name.substr(name.find('.') + 1)));
}

}  // namespace

void check_layers(const Fixture& f, Checks& checks) {
  const Tensor x = f.file.at("x").to(kFloat64), xb = f.file.at("xb").to(kFloat64), emb = f.file.at("emb").to(kFloat64);
  const auto conv = f.meta("conv");  // items() needs it to live
  for (const auto& [name, spec] : conv.items()) {
    Leaves leaves(at::kCPU, kFloat64);
    const int kernel = spec.at("kernel");
    const std::string prefix = "conv." + name + ".";
    const Tensor& want = f.file.at(prefix + "y64");
    Conv2d conv(leaves, "c", static_cast<int>(x.size(1)), static_cast<int>(want.size(1)),
                {.kernel = kernel,
                 .resample = resample_of(spec),
                 .filter = spec.value("resample_filter", std::vector<int>{1, 1}),
                 .fused = spec.value("fused_resample", false)});
    fill(leaves, f.file, prefix);
    checks.close(prefix + "y64", conv(x), want, 1e-6);
    if (f.file.contains(prefix + "filter"))
      checks.close(prefix + "filter", conv.filter, f.file.at(prefix + "filter"), 1e-7);
  }

  const auto common = f.meta("block_common");
  if (common.value("adaptive_scale", false)) throw NotBuilt("blocks with an adaptive scale");
  const auto block = f.meta("block");  // items() needs it to live
  for (const auto& [name, spec] : block.items()) {
    Leaves leaves(at::kCPU, kFloat64);
    const std::string prefix = "block." + name + ".";
    Block block(leaves, "b",
                {.in = spec.at("in_channels"),
                 .out = spec.at("out_channels"),
                 .embedding = common.at("emb_channels"),
                 .resample = resample_of(spec),
                 .filter = spec.value("resample_filter", std::vector<int>{1, 1}),
                 .heads = spec.value("attention", false) ? spec.at("num_heads").get<int>() : 0});
    fill(leaves, f.file, prefix + "w.");
    const Tensor input = xb.clone().requires_grad_(true), embedding = emb.clone().requires_grad_(true);
    const Tensor y = block({input}, embedding);
    checks.close(prefix + "y64", y, f.file.at(prefix + "y64"), 1e-6);
    y.backward(f.file.at(prefix + "gy64"));
    checks.close(prefix + "gx64", input.grad(), f.file.at(prefix + "gx64"), 1e-5);
    checks.close(prefix + "gemb64", embedding.grad(), f.file.at(prefix + "gemb64"), 1e-5);
  }

  const Tensor q = f.file.at("attn.q").clone().requires_grad_(true),
               k = f.file.at("attn.k").clone().requires_grad_(true);
  const Tensor w = attention_weights(q, k);
  checks.close("attn.w", w, f.file.at("attn.w"), 1e-5);
  w.backward(f.file.at("attn.dw"));
  checks.close("attn.dq", q.grad(), f.file.at("attn.dq"), 1e-5);
  checks.close("attn.dk", k.grad(), f.file.at("attn.dk"), 1e-5);

  const auto groups_of_channels = f.meta("groups_of_channels");  // items() needs it to live
  for (const auto& [channels, groups] : groups_of_channels.items())
    checks.require("groups of " + channels, group_count(std::stoi(channels)) == groups.get<int>(),
                   fmt::format("{}", groups.get<int>()));
}

void check_embeddings(const Fixture& f, Checks& checks) {
  const Tensor& noise = f.file.at("noise_labels");
  for (const auto& [name, want] : f.file.tensors) {
    const bool fourier = name.starts_with("fourier."), swapped = name.ends_with(".swapped32");
    if (!swapped && !name.ends_with(".raw32") && !name.ends_with(".raw64")) continue;  // the inputs
    const int channels = static_cast<int>(want.size(1));
    const at::ScalarType dtype = want.scalar_type();
    const std::string prefix = name.substr(0, name.rfind('.'));
    const Positional positional{.endpoint = prefix.ends_with("endpoint1")};
    // In both dtypes the frequencies are float32 radians here.
    const Tensor radians = fourier ? f.file.at(prefix + ".freqs") * Fourier::unit : positional.frequencies(channels, 0);
    const Tensor mine = embed(noise.to(dtype), radians.to(dtype));  // [sin, cos]
    const std::int64_t half = channels / 2;
    const Tensor raw = cat({mine.narrow(1, half, half), mine.narrow(1, 0, half)}, 1);  // [cos, sin]
    checks.close(name, swapped ? mine : raw, want, dtype == kFloat32 ? 1e-5 : 1e-6);
  }
}

}  // namespace diffmem::parity
