// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/params.hpp>
#include <diffmem/net/family.hpp>
#include <diffmem/net/weights.hpp>

#include <map>

using namespace diffmem;

namespace {

constexpr const char* kWho = "file";

UNetConfig small(bool residual = false) {
  UNetConfig c{
      .resolution = 8, .channels = 1, .label_dim = 3, .base = 8, .mult = {1, 2}, .blocks = 1, .attention = {8}};
  if (residual) NcsnPp{}.configure(c);
  return c;
}

/// A network's file, with other values than any seed makes, and a frequency buffer.
SafeTensors file_of(const UNetConfig& config) {
  UNet net(config);
  net.add_buffer("map_noise.freqs", arange(net.noise_channels() / 2));
  SafeTensors file = weights_of(net);
  file.source = kWho;
  double next = 0;
  for (auto& [name, tensor] : file.tensors)
    tensor = ((arange(tensor.numel()) + Tensor(full({1}, ++next))) * 0.37).sin().reshape(tensor.sizes());
  return file;
}

UNet net_of(const UNetConfig& config) {
  UNet net(config);
  net.initialise(1);
  net.add_buffer("map_noise.freqs", zeros({net.noise_channels() / 2}));
  return net;
}

/// Whether every leaf and buffer is the file's tensor of its name.
bool holds(const UNet& net, const SafeTensors& file, const std::string& prefix = "") {
  bool same = true;
  for (const auto* list : {&net.parameters(), &net.buffers()})
    for (const auto& [name, leaf] : *list) same &= leaf.equal(file.at(prefix + name).to(leaf.scalar_type()));
  return same;
}

std::string refusal(const SafeTensors& file, const UNetConfig& config, const std::string& prefix = "") {
  UNet net = net_of(config), untouched = net_of(config);
  const std::string text = complaint([&] { load_weights(net, file, prefix); });
  SafeTensors before = weights_of(untouched);
  REQUIRE(holds(net, before));  // nothing is changed by half
  return text;
}

std::string refusal(std::map<std::string, std::string> metadata) {
  SafeTensors file;
  file.source = kWho;
  file.metadata = std::move(metadata);
  return complaint([&] { network_of(file); });
}

const std::string kReference =
    R"({"img_resolution": 16, "img_channels": 3, "label_dim": 10, "augment_dim": 9, "model_channels": 32,)"
    R"( "channel_mult": [1, 2, 2], "channel_mult_emb": 4, "num_blocks": 3, "attn_resolutions": [8, 4], "dropout": 0.13,)"
    R"( "label_dropout": 0, "embedding_type": "fourier", "channel_mult_noise": 2, "encoder_type": "residual",)"
    R"( "decoder_type": "standard", "resample_filter": [1, 3, 3, 1]})";

/// The reference's configuration with one value replaced, or with `now` put at the end of it.
std::string reference_with(const std::string& was, const std::string& now) {
  std::string text = kReference;
  const std::size_t at = was.empty() ? text.size() - 1 : text.find(was);
  REQUIRE(at != text.npos);
  return text.replace(at, was.size(), now);
}

}  // namespace

TEST_CASE("weights are loaded by name, buffers too", "[net][weights]") {
  const bool residual = GENERATE(false, true);
  const UNetConfig config = small(residual);
  const SafeTensors file = file_of(config);
  UNet net = net_of(config);
  REQUIRE(net.buffers().size() > 1);  // a resampling filter
  REQUIRE_FALSE(holds(net, file));
  load_weights(net, file);
  REQUIRE(holds(net, file));

  SafeTensors prefixed;
  for (const auto& [name, tensor] : file.tensors) prefixed.tensors["ema." + name] = tensor;
  prefixed.tensors["step"] = zeros({1});  // of another prefix: left alone
  UNet other = net_of(config);
  load_weights(other, prefixed, "ema.");
  REQUIRE(holds(other, file));
}

TEST_CASE("weights of another type are converted", "[net][weights]") {
  SafeTensors file = file_of(small());
  const auto type = GENERATE(at::kDouble, at::kHalf, at::kBFloat16);
  for (auto& [name, tensor] : file.tensors) tensor = tensor.to(type);
  UNet net = net_of(small());
  load_weights(net, file);
  REQUIRE(holds(net, file));
  REQUIRE(net.parameters().front().second.scalar_type() == kFloat32);
  UNet wide(small(), SkipMask::all(), at::kCPU, kFloat64);
  wide.add_buffer("map_noise.freqs", zeros({4}));
  load_weights(wide, file);
  REQUIRE(wide.parameters().front().second.scalar_type() == kFloat64);
  REQUIRE(holds(wide, file));
}

TEST_CASE("weights that are trained may be loaded", "[net][weights]") {
  const SafeTensors file = file_of(small());
  UNet net = net_of(small());
  net.require_grad();
  load_weights(net, file);
  REQUIRE(holds(net, file));
  REQUIRE(net.parameters().front().second.requires_grad());
}

TEST_CASE("a missing, left-over or misshapen tensor is refused by name, with both shapes", "[net][weights]") {
  const SafeTensors good = file_of(small());
  SafeTensors file = good;
  file.tensors.erase("map_layer0.weight");
  REQUIRE(says(refusal(file, small()), kWho, {"no tensor map_layer0.weight", "[32,8]", "belongs to this network"}));
  file = good;
  file.tensors.erase("map_noise.freqs");
  REQUIRE(says(refusal(file, small()), kWho, {"no tensor map_noise.freqs", "[4]"}));
  file = good;
  file.tensors["map_layer0.weight"] = zeros({8, 32});
  REQUIRE(says(refusal(file, small()), kWho, {"map_layer0.weight of shape [8,32]", "want [32,8]"}));
  file.tensors["map_layer0.weight"] = zeros({32, 8, 1});
  REQUIRE(says(refusal(file, small()), kWho, {"[32,8,1]", "want [32,8]"}));
  file = good;
  file.tensors["dec.zzz"] = zeros({2, 5});
  REQUIRE(says(refusal(file, small()), kWho,
               {"dec.zzz of shape [2,5]", "only the network's " + std::to_string(good.tensors.size()) + " tensors"}));
  REQUIRE(says(refusal(good, small(), "w."), kWho, {"no tensor w.map_label.weight", "how its names begin"}));
  UNetConfig deeper = small();
  deeper.blocks = 2;
  REQUIRE(says(refusal(good, deeper), kWho, {"no tensor enc.8x8_block1", "want one of shape"}));
  REQUIRE(says(refusal(file_of(deeper), small()), kWho, {"block1"}));
}

TEST_CASE("a file tells its network", "[net][weights]") {
  UNetConfig odd = small(true);
  odd.dropout = 0.1234567890123456789, odd.augment_dim = 9, odd.attention = {};
  for (const UNetConfig& config : {UNetConfig{}, small(), odd})
    REQUIRE(list_params(network_of(weights_of(UNet(config, SkipMask::all(), at::kMeta)))) == list_params(config));
}

TEST_CASE("the reference's configuration is read", "[net][weights]") {
  SafeTensors file;
  file.metadata = {{"config", kReference}, {"source", "a snapshot"}, {"param_count", "7"}};
  UNetConfig want{.resolution = 16,
                  .channels = 3,
                  .label_dim = 10,
                  .augment_dim = 9,
                  .base = 32,
                  .mult = {1, 2, 2},
                  .blocks = 3,
                  .attention = {8, 4},
                  .dropout = 0.13};
  NcsnPp{}.configure(want);
  REQUIRE(list_params(network_of(file)) == list_params(want));

  file.metadata["config"] =
      R"({"img_resolution": 16, "img_channels": 3, "model_channels": 32, "channel_mult": [2], "num_blocks": 3,)"
      R"("attn_resolutions": [], "dropout": 0})";
  want = {.resolution = 16, .channels = 3, .base = 32, .mult = {2}, .blocks = 3, .attention = {}, .dropout = 0};
  REQUIRE(list_params(network_of(file)) == list_params(want));
}

TEST_CASE("a network of the reference with a part that ours lacks is not supported", "[net][weights]") {
  for (const auto& [was, now, word] :
       {std::tuple{R"("decoder_type": "standard")", R"("decoder_type": "skip")", "decoder_type = skip"},
        {R"("encoder_type": "residual")", R"("encoder_type": "skip")", "standard or residual"},
        {R"("channel_mult_emb": 4)", R"("channel_mult_emb": 2)", "channel_mult_emb = 2"},
        {R"("label_dropout": 0)", R"("label_dropout": 0.1)", "label_dropout = 0.1"},
        {"", R"(, "heads": 2)", "heads = 2"}}) {
    INFO(now);
    SafeTensors file;
    file.source = kWho;
    file.metadata["config"] = reference_with(was, now);
    REQUIRE_THROWS_AS(network_of(file), NotSupported);
    REQUIRE(says(complaint([&] { network_of(file); }), kWho, {word, "not supported"}));
  }
}

TEST_CASE("a configuration that is not whole, or hostile, is refused", "[net][weights]") {
  REQUIRE(says(refusal({}), kWho, {"no configuration in the metadata", "net.resolution", "config"}));
  REQUIRE(says(refusal({{"network", "x"}}), kWho, {"no configuration"}));

  const auto ours = weights_of(UNet(small(), SkipMask::all(), at::kMeta)).metadata;
  const auto with = [&](const std::string& key, const std::string& text) {
    auto metadata = ours;
    metadata[key] = text;
    return refusal(metadata);
  };
  REQUIRE(with("comment", "anything else").empty());
  for (const auto& [key, text] : ours) {
    INFO(key);
    auto metadata = ours;
    metadata.erase(key);
    REQUIRE(says(refusal(metadata), kWho, {"no \"" + key + "\""}));
    REQUIRE(says(with(key, "fast"), std::string(kWho) + " " + key.substr(4), {"\"fast\""}));
  }
  REQUIRE(says(with("net.wings", "2"), kWho, {"no field \"wings\"", "resolution"}));
  for (const auto& [key, text, word] : {std::tuple{"net.base", "0", "base = 0"},
                                        {"net.base", "7", "an even number"},
                                        {"net.base", "1000000000", "4 to 8192"},
                                        {"net.blocks", "1000000000", "1 to 256"},
                                        {"net.mult", "1,100000000", "1 to 128"},
                                        {"net.mult", "1,1,1,1,1,1,1,1,1", "one to eight"},
                                        {"net.resolution", "7", "a multiple"},
                                        {"net.resolution", "1073741824", "1 to 8192"},
                                        {"net.channels", "100000", "1 to 1024"},
                                        {"net.label_dim", "2000000000", "0 to 1000000"},
                                        {"net.label_dim", "-3", "label_dim = -3"},
                                        {"net.augment_dim", "2000000000", "0 to 1024"},
                                        {"net.noise_mult", "1000000", "1 to 128"},
                                        {"net.filter", "1,2000000000", "-1000 to 1000"},
                                        {"net.dropout", "nan", "dropout = nan"},
                                        {"net.dropout", "1", "dropout = 1"}}) {
    INFO(key << " = " << text);
    REQUIRE(says(with(key, text), kWho, {word}));
  }

  const auto reference = [](const std::string& text) { return refusal({{"config", text}}); };
  REQUIRE(reference(kReference).empty());
  for (const char* text : {"", "{", "[]", "7", "null", "\"x\""})
    REQUIRE(says(reference(text), kWho, {"not a JSON object", "tools/edm_to_safetensors"}));
  for (const auto& [was, now, word] : {std::tuple{"\"img_channels\": 3,", "", "without img_channels"},
                                       {"\"dropout\": 0.13", "\"dropout\": null", "dropout"},
                                       {"\"model_channels\": 32", "\"model_channels\": 1.5", "\"1.5\""},
                                       {"\"model_channels\": 32", "\"model_channels\": true", "\"true\""},
                                       {"\"model_channels\": 32", "\"model_channels\": 99999999999", "99999999999"},
                                       {"\"model_channels\": 32", "\"model_channels\": 4096000", "4 to 8192"},
                                       {"[1, 2, 2]", "[1, [2]]", "\"1,{...}\""},
                                       {"[1, 2, 2]", "{\"a\": 2}", "\"{...}\""},
                                       {"[1, 2, 2]", "[]", "one to eight levels"}}) {
    INFO(now);
    REQUIRE(reference(reference_with(was, now)).find(word) != std::string::npos);
  }
  // Nested too deep for a parser that calls itself.
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  REQUIRE(says(reference(reference_with("[1, 2, 2]", deep)), kWho, {"not a JSON object"}));
}

TEST_CASE("a network far larger than its file is refused before anything is allocated", "[net][weights]") {
  SafeTensors file = file_of(small());
  file.metadata["net.base"] = "8192", file.metadata["net.mult"] = "128,128", file.metadata["net.blocks"] = "50";
  const UNet shape(network_of(file), SkipMask::all(), at::kMeta);
  REQUIRE(says(complaint([&] { check_weights(shape, file); }), kWho, {"map_label.weight of shape [8,3]", "[8192,3]"}));
}
