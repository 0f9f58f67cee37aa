// SPDX-License-Identifier: MIT
// Default initialisation, with torch's own generator in the place of ours.
#include "designs.hpp"

#include <ATen/Context.h>
#include <ATen/ops/rand_ops.h>
#include <ATen/ops/randn_ops.h>
#include <fmt/format.h>

namespace diffmem::parity {
namespace {

Tensor torch_uniform(std::int64_t count) {
  return at::_ops::rand::call({c10::SymInt(count)}, kFloat32, std::nullopt, at::Device(at::kCPU), std::nullopt);
}
Tensor torch_normal(std::int64_t count) {
  return at::_ops::randn::call({c10::SymInt(count)}, kFloat32, std::nullopt, at::Device(at::kCPU), std::nullopt);
}

}  // namespace

void check_initial_values(const Fixture& f, Checks& checks) {
  // That this LibTorch draws as the reference's did.
  at::manual_seed(0);
  checks.close("uniform10", torch_uniform(10), f.file.at("uniform10"), 1e-6);
  at::manual_seed(0);
  checks.close("normal20", torch_normal(20), f.file.at("normal20"), 1e-6);

  UNet net(config_of(f));
  at::manual_seed(0);
  with_embedding(f.meta("config"), [&]<class E>(const E& embedding) {
    if constexpr (SavesFrequencies<E>)  // drawn before all weights
      net.add_buffer(std::string(E::buffer), torch_normal(net.noise_channels() / 2) * embedding.scale);
  });
  net.initialise([](std::size_t, std::size_t count) {
    return values_of<double>(torch_uniform(static_cast<std::int64_t>(count)));
  });

  const auto extents = f.meta("absmax_rms");
  std::size_t listed = 0;
  for (const auto* list : {&net.parameters(), &net.buffers()})
    for (const auto& [name, leaf] : *list) {
      if (f.file.contains(name)) checks.close(name, leaf, f.file.at(name), 1e-6);
      if (!extents.contains(name)) continue;
      ++listed;
      const Tensor wide_leaf = leaf.to(kFloat64);
      for (const auto& [what, mine, want] :
           {std::tuple{"absmax", wide_leaf.abs().max(), extents[name][0].get<double>()},
            std::tuple{"rms", wide_leaf.square().mean().sqrt(), extents[name][1].get<double>()}})
        checks.close(fmt::format("{} of {}", what, name), mine, full({}, want, kFloat64), 1e-6);
    }
  checks.require("absmax_rms", listed == extents.size(), fmt::format("{} leaves", extents.size()));
}

}  // namespace diffmem::parity
