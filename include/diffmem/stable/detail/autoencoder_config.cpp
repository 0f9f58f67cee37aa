// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/detail/config_file.hpp>
#include <diffmem/stable/layers.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace diffmem::stable {

AutoencoderConfig AutoencoderConfig::read(const std::filesystem::path& path) {
  detail::ConfigFile file(path);
  file.expect("_class_name", {"AutoencoderKL"});
  AutoencoderConfig c;
  constexpr int kMost = 1 << 16;
  c.in_channels = file.integer("in_channels", 3, 1, kMost);
  c.out_channels = file.integer("out_channels", 3, 1, kMost);
  c.down_block_types = file.texts("down_block_types", {"DownEncoderBlock2D"});
  c.up_block_types = file.texts("up_block_types", {"UpDecoderBlock2D"});
  c.block_out_channels = file.integers("block_out_channels", {64}, 1, kMost);
  c.layers_per_block = file.integer("layers_per_block", 1, 1, 64);
  c.act_fn = file.text("act_fn", "silu");
  c.latent_channels = file.integer("latent_channels", 4, 1, kMost);
  c.norm_num_groups = file.integer("norm_num_groups", 32, 1, kMost);
  c.sample_size = file.integer("sample_size", 32, 1, kMost);
  c.scaling_factor = file.number("scaling_factor", 0.18215, 1e-12, 1e12);
  c.mid_block_add_attention = file.flag("mid_block_add_attention", true);
  c.use_quant_conv = file.flag("use_quant_conv", true);
  c.use_post_quant_conv = file.flag("use_post_quant_conv", true);
  for (const char* key : {"shift_factor", "latents_mean", "latents_std"}) file.expect(key, {});
  file.pass_over({"force_upcast"});  // norms and softmax are float32 anyhow
  file.finish();
  c.validate(file.who());
  return c;
}

std::string AutoencoderConfig::to_json() const {
  return nlohmann::ordered_json{{"_class_name", "AutoencoderKL"},
                                {"act_fn", act_fn},
                                {"block_out_channels", block_out_channels},
                                {"down_block_types", down_block_types},
                                {"in_channels", in_channels},
                                {"latent_channels", latent_channels},
                                {"layers_per_block", layers_per_block},
                                {"mid_block_add_attention", mid_block_add_attention},
                                {"norm_num_groups", norm_num_groups},
                                {"out_channels", out_channels},
                                {"sample_size", sample_size},
                                {"scaling_factor", scaling_factor},
                                {"up_block_types", up_block_types},
                                {"use_post_quant_conv", use_post_quant_conv},
                                {"use_quant_conv", use_quant_conv}}
             .dump(2) +
         "\n";
}

void AutoencoderConfig::validate(std::string_view who) const {
  const auto refuse = [&](const std::string& got, const std::string& want) {
    throw Error(who, got, want, "correct the configuration");
  };
  const std::size_t levels = block_out_channels.size();
  if (levels == 0 || levels > 8) refuse(fmt::format("{} levels", levels), "one to eight");
  const auto types = [&](const char* name, const std::vector<std::string>& list, const std::string& known) {
    if (list.size() != levels) refuse(fmt::format("{} {}", list.size(), name), fmt::format("{}", levels));
    for (const std::string& type : list)
      if (type != known)
        throw NotSupported(who, fmt::format("{} {}", name, type), known, "this network is not supported");
  };
  types("down_block_types", down_block_types, "DownEncoderBlock2D");
  types("up_block_types", up_block_types, "UpDecoderBlock2D");
  for (const int width : block_out_channels)
    if (width % norm_num_groups != 0)
      refuse(fmt::format("{} channels in {} groups", width, norm_num_groups), "groups that divide all channels");
  if (!(scaling_factor > 0 && std::isfinite(scaling_factor)))
    refuse(fmt::format("scaling_factor = {}", scaling_factor), "more than 0");
  if (std::ranges::find(kActivations, act_fn) == kActivations.end())
    refuse("act_fn " + act_fn, fmt::format("one of {}", fmt::join(kActivations, ", ")));
}

}  // namespace diffmem::stable
