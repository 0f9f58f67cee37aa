// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/stable/detail/config_file.hpp>
#include <diffmem/stable/layers.hpp>
#include <diffmem/stable/unet.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

namespace diffmem::stable {

using nlohmann::ordered_json;

namespace {

/// A list, or one number where all are the same.
ordered_json short_form(const std::vector<int>& list) {
  if (std::ranges::adjacent_find(list, std::ranges::not_equal_to()) == list.end()) return list.front();
  return list;
}

}  // namespace

UNetConfig UNetConfig::read(const std::filesystem::path& path) {
  detail::ConfigFile file(path);
  file.expect("_class_name", {"UNet2DConditionModel"});
  UNetConfig c;
  constexpr int kMost = 1 << 16;
  c.block_out_channels = file.integers("block_out_channels", c.block_out_channels, 1, kMost);
  const std::size_t levels = c.block_out_channels.size();
  c.sample_size = file.integer("sample_size", c.sample_size, 1, kMost);
  c.in_channels = file.integer("in_channels", 4, 1, kMost);
  c.out_channels = file.integer("out_channels", 4, 1, kMost);
  c.center_input_sample = file.flag("center_input_sample", false);
  c.flip_sin_to_cos = file.flag("flip_sin_to_cos", true);
  c.freq_shift = file.integer("freq_shift", 0, -kMost, kMost);
  c.down_block_types = file.texts("down_block_types", c.down_block_types);
  c.up_block_types = file.texts("up_block_types", c.up_block_types);
  file.expect("mid_block_type", {"UNetMidBlock2DCrossAttn"});
  c.has_mid_block = !file.is_null("mid_block_type");
  const bool crosses = !file.raw("only_cross_attention").is_array();
  if (crosses) {
    const bool only = file.flag("only_cross_attention", false);
    c.only_cross_attention.assign(levels, only);
  } else {
    const nlohmann::json& list = file.raw("only_cross_attention");
    if (list.size() != levels || !std::ranges::all_of(list, [](const auto& v) { return v.is_boolean(); }))
      file.refuse("only_cross_attention", fmt::format("true or false, or {} of them", levels));
    c.only_cross_attention.clear();
    for (const auto& value : list) c.only_cross_attention.push_back(value.get<bool>());
  }
  c.layers_per_block = file.integer_or_list("layers_per_block", 2, levels, 1, 64);
  c.downsample_padding = file.integer("downsample_padding", 1, 0, 1);
  c.mid_block_scale_factor = file.number("mid_block_scale_factor", 1, 1e-6, 1e6);
  c.act_fn = file.text("act_fn", "silu");
  c.norm_num_groups = file.integer("norm_num_groups", 32, 1, kMost);
  c.norm_eps = file.number("norm_eps", 1e-5, 0, 1);
  c.cross_attention_dim = file.integer_or_list("cross_attention_dim", 1280, levels, 1, kMost);
  c.transformer_layers_per_block = file.integer_or_list("transformer_layers_per_block", 1, levels, 1, 64);
  c.attention_head_dim = file.integer_or_list("attention_head_dim", 8, levels, 1, kMost);
  c.use_linear_projection = file.flag("use_linear_projection", false);
  c.upcast_attention = file.flag("upcast_attention", false);
  c.conv_in_kernel = file.integer("conv_in_kernel", 3, 1, 15);
  c.conv_out_kernel = file.integer("conv_out_kernel", 3, 1, 15);
  c.time_embedding_dim = file.integer("time_embedding_dim", 0, 0, kMost);
  // What no Stable Diffusion 1.x or 2.x has.
  file.expect("dropout", {0, 0.0});
  for (const char* key : {"dual_cross_attention", "class_embeddings_concat", "resnet_skip_time_act"})
    file.expect(key, {false});
  file.expect("resnet_time_scale_shift", {"default"});
  file.expect("resnet_out_scale_factor", {1});
  file.expect("time_embedding_type", {"positional"});
  file.expect("attention_type", {"default"});
  for (const char* key :
       {"class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type", "addition_embed_type",
        "addition_time_embed_dim", "num_attention_heads", "time_embedding_act_fn", "timestep_post_act",
        "time_cond_proj_dim", "projection_class_embeddings_input_dim", "cross_attention_norm",
        "reverse_transformer_layers_per_block"})
    file.expect(key, {});
  // The middle block that there is here never heeds it.
  file.pass_over({"addition_embed_type_num_heads", "mid_block_only_cross_attention"});
  file.finish();
  c.validate(file.who());
  return c;
}

std::string UNetConfig::to_json() const {
  ordered_json only = ordered_json::array();
  for (const int level : only_cross_attention) only.push_back(level != 0);
  const bool same =
      std::ranges::adjacent_find(only_cross_attention, std::ranges::not_equal_to()) == only_cross_attention.end();
  ordered_json j = {{"_class_name", "UNet2DConditionModel"},
                    {"act_fn", act_fn},
                    {"attention_head_dim", short_form(attention_head_dim)},
                    {"block_out_channels", block_out_channels},
                    {"center_input_sample", center_input_sample},
                    {"conv_in_kernel", conv_in_kernel},
                    {"conv_out_kernel", conv_out_kernel},
                    {"cross_attention_dim", short_form(cross_attention_dim)},
                    {"down_block_types", down_block_types},
                    {"downsample_padding", downsample_padding},
                    {"flip_sin_to_cos", flip_sin_to_cos},
                    {"freq_shift", freq_shift},
                    {"in_channels", in_channels},
                    {"layers_per_block", short_form(layers_per_block)},
                    {"mid_block_scale_factor", mid_block_scale_factor},
                    {"mid_block_type", has_mid_block ? ordered_json("UNetMidBlock2DCrossAttn") : ordered_json()},
                    {"norm_eps", norm_eps},
                    {"norm_num_groups", norm_num_groups},
                    {"only_cross_attention", same ? only.front() : only},
                    {"out_channels", out_channels},
                    {"sample_size", sample_size},
                    {"transformer_layers_per_block", short_form(transformer_layers_per_block)},
                    {"up_block_types", up_block_types},
                    {"upcast_attention", upcast_attention},
                    {"use_linear_projection", use_linear_projection}};
  if (time_embedding_dim > 0) j["time_embedding_dim"] = time_embedding_dim;
  return j.dump(2) + "\n";
}

void UNetConfig::validate(std::string_view who) const {
  const auto refuse = [&](const std::string& got, std::string_view want) {
    throw Error(who, got, want, "correct the configuration");
  };
  const std::size_t levels = block_out_channels.size();
  if (levels == 0 || levels > 8) refuse(fmt::format("{} levels", levels), "one to eight");
  const std::pair<const char*, const std::vector<int>*> lists[] = {
      {"layers_per_block", &layers_per_block},
      {"cross_attention_dim", &cross_attention_dim},
      {"transformer_layers_per_block", &transformer_layers_per_block},
      {"attention_head_dim", &attention_head_dim},
      {"only_cross_attention", &only_cross_attention}};
  for (const auto& [name, list] : lists)
    if (list->size() != levels)
      refuse(fmt::format("{} {}", list->size(), name), fmt::format("one for each of {} levels", levels));
  const auto types = [&](const char* name, const std::vector<std::string>& list, std::string_view plain,
                         std::string_view crossing) {
    if (list.size() != levels) refuse(fmt::format("{} {}", list.size(), name), fmt::format("{}", levels));
    for (const std::string& type : list)
      if (type != plain && type != crossing)
        throw NotSupported(who, fmt::format("{} {}", name, type), fmt::format("{} or {}", plain, crossing),
                           "this network is not supported");
  };
  types("down_block_types", down_block_types, "DownBlock2D", "CrossAttnDownBlock2D");
  types("up_block_types", up_block_types, "UpBlock2D", "CrossAttnUpBlock2D");
  if (block_out_channels[0] % 2 != 0) refuse(fmt::format("{} channels", block_out_channels[0]), "an even number");
  if (2 * freq_shift == block_out_channels[0])
    refuse(fmt::format("freq_shift = {}", freq_shift), "not half of the finest level's channels");
  for (std::size_t l = 0; l < levels; ++l) {
    const int width = block_out_channels[l];
    if (width % norm_num_groups != 0)
      refuse(fmt::format("{} channels in {} groups", width, norm_num_groups), "groups that divide all channels");
    if (width % attention_head_dim[l] != 0)
      refuse(fmt::format("{} channels in {} heads", width, attention_head_dim[l]), "heads that divide them");
  }
  for (const int context : cross_attention_dim)
    if (context != cross_attention_dim[0])
      throw NotSupported(who, fmt::format("cross_attention_dim {}", fmt::join(cross_attention_dim, ", ")), "one number",
                         "this network is not supported");
  if (std::ranges::find(kActivations, act_fn) == kActivations.end())
    refuse("act_fn " + act_fn, fmt::format("one of {}", fmt::join(kActivations, ", ")));
}

}  // namespace diffmem::stable
