// SPDX-License-Identifier: MIT
#include <diffmem/core/json.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/net/weights.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace diffmem {
namespace {

using nlohmann::json;

constexpr std::string_view kOwn = "net.", kReference = "config";

/// A field of the reference's configuration and ours.
struct Renamed {
  const char *theirs, *ours;
  bool required;
};
constexpr std::array kFields{
    Renamed{"img_resolution", "resolution", true}, Renamed{"img_channels", "channels", true},
    Renamed{"label_dim", "label_dim", false},      Renamed{"augment_dim", "augment_dim", false},
    Renamed{"model_channels", "base", true},       Renamed{"channel_mult", "mult", true},
    Renamed{"num_blocks", "blocks", true},         Renamed{"attn_resolutions", "attention", true},
    Renamed{"dropout", "dropout", true},           Renamed{"channel_mult_noise", "noise_mult", false},
    Renamed{"resample_filter", "filter", false},   Renamed{"encoder_type", "encoder", false}};

/// A JSON value as our listings write it: [1,2] is "1,2".  What is nested deeper has no such text.
std::string text_of(const json& value) {
  const auto plain = [](const json& v) { return v.is_structured() ? std::string("{...}") : v.dump(); };
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return plain(value);
  std::vector<std::string> items;
  for (const json& item : value) items.push_back(plain(item));
  return fmt::format("{}", fmt::join(items, ","));
}

/// Sets what the reference calls `name`.
void set_by_reference(UNetConfig& config, const std::string& name, const json& value, const std::string& who) {
  const auto known = [&](bool holds, std::string_view has) {
    if (!holds)
      throw NotSupported(who, fmt::format("{} = {}", name, text_of(value)), has, "this network is not supported");
  };
  if (name == "encoder_type") known(value == "standard" || value == "residual", "standard or residual");
  for (const Renamed& field : kFields)
    if (name == field.theirs) return set_param(config, field.ours, text_of(value), who);
  if (name == "embedding_type") return;  // a policy's, see saved_model
  if (name == "decoder_type") return known(value == "standard", "standard");
  if (name == "channel_mult_emb") return known(value == 4, "4");
  if (name == "label_dropout") return known(value == 0, "0");
  known(false, "a network without such a part");
}

UNetConfig of_reference(const std::string& text, const std::string& who) {
  const json config = parse_json(text);
  const auto whole = [&](bool holds, const std::string& got) {
    if (!holds) throw Error(who, got, "the configuration that tools/edm_to_safetensors writes", "write the file again");
  };
  whole(config.is_object(), "a config that is not a JSON object");
  for (const Renamed& field : kFields)
    whole(!field.required || config.contains(field.theirs), fmt::format("a config without {}", field.theirs));
  UNetConfig result;
  for (const auto& [name, value] : config.items()) set_by_reference(result, name, value, who);
  return result;
}

UNetConfig of_listing(const SafeTensors& file) {
  UNetConfig result;
  for (const auto& [name, text] : list_params(result))
    if (!file.metadata.contains(std::string(kOwn) + name))
      throw Error(file.source, fmt::format("no \"{}{}\" in the metadata", kOwn, name), "every field of the network",
                  "write the file again");
  for (const auto& [name, text] : file.metadata)
    if (name.starts_with(kOwn)) set_param(result, name.substr(kOwn.size()), text, file.source);
  return result;
}

std::string shape_text(const Tensor& t) { return fmt::format("[{}]", fmt::join(t.sizes(), ",")); }

/// act(name, leaf) for every parameter and buffer.
template <class Act>
void for_each_leaf(const Network& net, Act&& act) {
  for (const auto* list : {&net.parameters(), &net.buffers()})
    for (const auto& [name, leaf] : *list) act(name, leaf);
}

}  // namespace

UNetConfig network_of(const SafeTensors& file) {
  const auto own = file.metadata.lower_bound(std::string(kOwn));
  const bool listed = own != file.metadata.end() && own->first.starts_with(kOwn);
  if (!listed && !file.metadata.contains(std::string(kReference)))
    throw Error(file.source, "no configuration in the metadata",
                "net.resolution and its like (a run's weights.safetensors) or config (tools/edm_to_safetensors)",
                "take another file, or add the configuration");
  const UNetConfig config =
      listed ? of_listing(file) : of_reference(file.metadata.at(std::string(kReference)), file.source);
  config.validate(file.source);
  return config;
}

void check_weights(const Network& net, const SafeTensors& file, std::string_view prefix) {
  const auto refuse = [&](const std::string& got, const std::string& want) {
    throw Error(file.source, got, want, "check that the file belongs to this network, and how its names begin");
  };
  std::set<std::string> wanted;
  for_each_leaf(net, [&](const std::string& leaf_name, const Tensor& leaf) {
    const std::string name = std::string(prefix) + leaf_name;
    if (!file.contains(name))
      refuse(fmt::format("no tensor {}", name), fmt::format("one of shape {}", shape_text(leaf)));
    if (file.at(name).sizes() != leaf.sizes())
      refuse(fmt::format("{} of shape {}", name, shape_text(file.at(name))),
             fmt::format("{}, the network's", shape_text(leaf)));
    wanted.insert(name);
  });
  for (const auto& [name, value] : file.tensors)
    if (name.starts_with(prefix) && !wanted.contains(name))
      refuse(fmt::format("{} of shape {}", name, shape_text(value)),
             fmt::format("only the network's {} tensors", wanted.size()));
}

void load_weights(Network& net, const SafeTensors& file, std::string_view prefix) {
  check_weights(net, file, prefix);
  const at::NoGradGuard no_grad;
  for_each_leaf(net,
                [&](const std::string& name, const Tensor& leaf) { leaf.copy_(file.at(std::string(prefix) + name)); });
}

SafeTensors weights_of(const UNet& net) {
  SafeTensors file;
  for_each_leaf(net, [&](const std::string& name, const Tensor& leaf) { file.tensors.emplace(name, leaf); });
  Listing fields;
  list_params(net.config(), std::string(kOwn), fields);
  file.metadata.insert(fields.begin(), fields.end());
  return file;
}

}  // namespace diffmem
