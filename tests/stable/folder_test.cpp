// SPDX-License-Identifier: MIT
// Model folders: what is written is read, and what is wrong is said.
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/net/weights.hpp>
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/scheduler.hpp>
#include <diffmem/stable/text_encoder.hpp>
#include <diffmem/stable/unet.hpp>

using namespace diffmem;
namespace fs = std::filesystem;

namespace {

stable::AutoencoderConfig small() {
  stable::AutoencoderConfig c;
  c.block_out_channels = {4, 8};
  c.down_block_types.resize(2), c.up_block_types.resize(2);
  c.norm_num_groups = 2, c.layers_per_block = 1;
  return c;
}

stable::Autoencoder drawn(std::uint64_t seed) {
  stable::Autoencoder net(small());
  net.initialise(seed);
  return net;
}

bool alike(const Network& a, const Network& b) {
  for (std::size_t i = 0; i < a.parameters().size(); ++i)
    if (!a.parameters()[i].second.equal(b.parameters()[i].second)) return false;
  return true;
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a component comes back whole, in one file or in shards", "[stable][folder]") {
  const TestFolder scratch;
  const fs::path vae = scratch.path / "vae";
  const stable::Autoencoder net = drawn(1);
  for (const std::uint64_t largest : {std::uint64_t{1} << 30, std::uint64_t{2000}}) {
    stable::write_component(vae, small().to_json(), stable::tensors_of(net), largest);
    const bool one = largest > 2000;
    REQUIRE(fs::exists(vae / "diffusion_pytorch_model.safetensors") == one);
    REQUIRE(fs::exists(vae / "diffusion_pytorch_model.safetensors.index.json") != one);
    REQUIRE((files_in(vae) > 5) != one);
    stable::Autoencoder back = drawn(2);
    REQUIRE_FALSE(alike(net, back));
    stable::load_component(back, stable::read_component(vae));
    REQUIRE(alike(net, back));
    REQUIRE(stable::AutoencoderConfig::read(vae / "config.json").to_json() == small().to_json());
  }
}

TEST_CASE("what is wrong with a component is said", "[stable][folder]") {
  const TestFolder scratch;
  const fs::path vae = scratch.path / "vae";
  const stable::Autoencoder net = drawn(1);
  const auto reading = [&] { return complaint([&] { stable::read_component(vae); }); };
  const auto loading = [&](const SafeTensors& tensors) {
    stable::Autoencoder to = drawn(2);
    const std::string text = complaint([&] { stable::load_component(to, tensors); });
    REQUIRE(alike(to, drawn(2)));  // nothing was changed
    return text;
  };
  fs::create_directory(vae);
  REQUIRE(reading().find("no diffusion_pytorch_model.safetensors") != std::string::npos);
  scratch.write("vae/diffusion_pytorch_model.bin", "x");
  REQUIRE(reading().find("pickled weights") != std::string::npos);

  SafeTensors tensors = stable::tensors_of(net);
  tensors.tensors.erase("decoder.conv_in.bias");
  REQUIRE(loading(tensors).find("no tensor decoder.conv_in.bias") != std::string::npos);
  tensors = stable::tensors_of(net);
  tensors.tensors["decoder.conv_in.bias"] = zeros({9});
  REQUIRE(loading(tensors).find("decoder.conv_in.bias of shape [9]") != std::string::npos);
  tensors = stable::tensors_of(net);
  tensors.tensors["decoder.conv_in.bias"] = zeros({8}, kInt64);
  REQUIRE(loading(tensors).find("decoder.conv_in.bias of type Long") != std::string::npos);
  tensors = stable::tensors_of(net);
  tensors.tensors["stranger"] = zeros({8});
  REQUIRE(loading(tensors).find("stranger of shape [8]") != std::string::npos);

  stable::write_component(vae, small().to_json(), stable::tensors_of(net), 2000);
  const fs::path index = vae / "diffusion_pytorch_model.safetensors.index.json";
  const auto whole = parse_json(read_file(index));
  const auto with = [&](auto change) {
    auto other = whole;
    change(other["weight_map"]);
    write_file_atomically(index, other.dump());
    return reading();
  };
  REQUIRE(with([](auto& map) { map["decoder.conv_in.bias"] = "../vae/x.safetensors"; }).find("the file ../vae") !=
          std::string::npos);
  REQUIRE(with([](auto& map) { map["decoder.conv_in.bias"] = 3; }).find("no file for decoder.conv_in.bias") !=
          std::string::npos);
  REQUIRE(with([](auto& map) { map["decoder.conv_in.bias"] = "absent.safetensors"; }).find("absent.safetensors") !=
          std::string::npos);
  REQUIRE(with([](auto& map) { map["more"] = map["decoder.conv_in.bias"]; }).find("no tensor more") !=
          std::string::npos);
  REQUIRE(with([](auto& map) { map.erase("decoder.conv_in.bias"); }).find("tensor decoder.conv_in.bias") !=
          std::string::npos);
  REQUIRE(with([](auto& map) {
            for (auto& [name, file] : map.items())
              if (file != map["decoder.conv_in.bias"]) {
                map["decoder.conv_in.bias"] = file;
                break;
              }
          }).find("want it in") != std::string::npos);
  write_file_atomically(index, "[");
  REQUIRE(reading().find("no JSON object") != std::string::npos);
  write_file_atomically(index, whole.dump());
  REQUIRE(reading().empty());
  const fs::path shard = vae / whole["weight_map"]["decoder.conv_in.bias"].get<std::string>();
  const std::string bytes = read_file(shard);
  write_file_atomically(shard, bytes.substr(0, bytes.size() - 1));
  REQUIRE(reading().find(shard.string()) != std::string::npos);
}

TEST_CASE("fp16 variants are read where there is nothing else, and shards of another time are removed",
          "[stable][folder]") {
  const TestFolder scratch;
  const fs::path vae = scratch.path / "vae";
  const stable::Autoencoder net = drawn(1);
  SafeTensors half = stable::tensors_of(net);
  for (auto& [name, tensor] : half.tensors) tensor = tensor.to(at::kHalf);
  fs::create_directory(vae);
  write_safetensors(vae / "diffusion_pytorch_model.fp16.safetensors", half);
  stable::Autoencoder back = drawn(2);
  stable::load_component(back, stable::read_component(vae));
  REQUIRE((back.parameters()[0].second - net.parameters()[0].second).abs().max().item().toDouble() < 1e-3);

  stable::write_component(vae, "{}", stable::tensors_of(net), 1000);
  const std::size_t many = files_in(vae);
  stable::write_component(vae, "{}", stable::tensors_of(net), 4000);
  REQUIRE(files_in(vae) < many);
  stable::load_component(back, stable::read_component(vae));
  REQUIRE(alike(net, back));
  const fs::path index = vae / "diffusion_pytorch_model.safetensors.index.json";
  auto told = parse_json(read_file(index));
  told["metadata"]["total_size"] = told["metadata"]["total_size"].get<std::uint64_t>() + 1;
  write_file_atomically(index, told.dump());
  REQUIRE(complaint([&] { stable::read_component(vae); }).find("its total_size") != std::string::npos);
  stable::write_component(vae, "{}", stable::tensors_of(net));
  REQUIRE(files_in(vae) == 3);  // config, weights, and the fp16 variant, which nobody reads now
}

TEST_CASE("older names are understood", "[stable][folder]") {
  const stable::Autoencoder net = drawn(1);
  SafeTensors old;
  for (auto& [name, tensor] : stable::tensors_of(net).tensors) {
    std::string now = name;
    Tensor value = tensor;
    for (const auto& [today, then] :
         {std::pair{".to_q.", ".query."}, {".to_k.", ".key."}, {".to_v.", ".value."}, {".to_out.0.", ".proj_attn."}})
      if (const auto at = now.find(today); at != std::string::npos) {
        now.replace(at, std::string(today).size(), then);
        if (value.dim() == 2) value = value.unsqueeze(-1).unsqueeze(-1);
      }
    old.tensors.emplace(now, value);
  }
  REQUIRE(old.contains("encoder.mid_block.attentions.0.query.weight"));
  stable::Autoencoder back = drawn(2);
  stable::load_component(back, old);
  REQUIRE(alike(net, back));

  stable::TextConfig text;
  text.vocab_size = 5, text.hidden_size = 4, text.intermediate_size = 4, text.num_hidden_layers = 1;
  text.num_attention_heads = 1, text.max_position_embeddings = 3;
  stable::TextEncoder encoder(text), other(text);
  encoder.initialise(1);
  SafeTensors published = stable::tensors_of(encoder);
  published.tensors["text_model.embeddings.position_ids"] = arange(3, kInt64).unsqueeze(0);
  stable::load_component(other, published);
  REQUIRE(alike(encoder, other));
}

TEST_CASE("other pipelines and networks are refused by name", "[stable][folder]") {
  const TestFolder scratch;
  REQUIRE(complaint([&] { stable::check_model_index(scratch.path); }).find("no model_index.json") != std::string::npos);
  scratch.write("model_index.json", R"({"_class_name": "StableDiffusionXLPipeline"})");
  REQUIRE_THROWS_AS(stable::check_model_index(scratch.path), NotSupported);
  scratch.write("model_index.json", "{");
  REQUIRE_THROWS_AS(stable::check_model_index(scratch.path), Error);
  stable::write_model_index(scratch.path);
  stable::check_model_index(scratch.path);

  const auto unet = [&](auto change) {
    auto config = parse_json(stable::UNetConfig().to_json());
    change(config);
    const fs::path file = scratch.write("config.json", config.dump());
    return complaint([&] { stable::UNetConfig::read(file); });
  };
  REQUIRE(unet([](auto&) {}).empty());
  REQUIRE(unet([](auto& c) { c["addition_embed_type"] = "text_time"; }).find("addition_embed_type = \"text_time\"") !=
          std::string::npos);
  REQUIRE(unet([](auto& c) { c["never_heard_of"] = 1; }).find("never_heard_of = 1") != std::string::npos);
  REQUIRE(unet([](auto& c) { c["never_heard_of"] = nullptr; }).empty());
  REQUIRE(unet([](auto& c) { c["_note"] = 1; }).empty());
  REQUIRE(unet([](auto& c) { c["norm_num_groups"] = 0; }).find("norm_num_groups = 0") != std::string::npos);
  REQUIRE(unet([](auto& c) { c["norm_num_groups"] = 7; }).find("320 channels in 7 groups") != std::string::npos);
  REQUIRE(unet([](auto& c) { c["attention_head_dim"] = {5, 10}; }).find("one number, or 4") != std::string::npos);
  REQUIRE(unet([](auto& c) { c["down_block_types"][0] = "ResnetDownsampleBlock2D"; }).find("ResnetDownsampleBlock2D") !=
          std::string::npos);
  REQUIRE(unet([](auto& c) { c["block_out_channels"] = "wide"; }).find("block_out_channels = \"wide\"") !=
          std::string::npos);
  REQUIRE(unet([](auto& c) { c["_class_name"] = "UNet2DModel"; }).find("UNet2DModel") != std::string::npos);
  REQUIRE(unet([](auto& c) { c["act_fn"] = "tanh"; }).find("tanh") != std::string::npos);
}

TEST_CASE("a scheduler's configuration, of whatever class", "[stable][folder]") {
  const TestFolder scratch;
  const auto read = [&](const std::string& text) {
    return stable::SchedulerConfig::read(scratch.write("scheduler_config.json", text));
  };
  // Stable Diffusion 1.5's, as published.
  const auto sd = read(R"({"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": false,
    "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null, "clip_sample": false})");
  REQUIRE(sd.noise == NoiseSteps{});
  REQUIRE(sd.prediction == Prediction::epsilon);
  REQUIRE(sd.offset == 1);
  REQUIRE_FALSE(sd.to_one);
  REQUIRE(read(sd.to_json()).to_json() == sd.to_json());
  const auto v = read(R"({"prediction_type": "v_prediction", "timestep_spacing": "trailing"})");
  DdpmSchedule schedule;
  SpacedDdim ddim;
  SpacedDdpm ddpm;
  v.tell(schedule, ddim), v.tell(schedule, ddpm);
  REQUIRE(schedule.prediction == Prediction::v_prediction);
  REQUIRE(schedule.steps.betas == Betas::linear);  // diffusers' default
  REQUIRE(ddim.at.noise == schedule.steps);
  REQUIRE(ddim.to_one);
  REQUIRE(ddpm.at.spacing == Spacing::trailing);
  for (const char* text : {R"({"rescale_betas_zero_snr": true})", R"({"prediction_type": "flow"})",
                           R"({"trained_betas": [0.1]})", R"({"beta_schedule": "sigmoid"})"})
    REQUIRE_THROWS_AS(read(text), NotSupported);
  REQUIRE_THROWS_AS(read(R"({"num_train_timesteps": 0})"), Error);
  REQUIRE_THROWS_AS(read("nothing"), Error);
}
