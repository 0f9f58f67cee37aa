// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/net/weights.hpp>
#include <diffmem/stable/folder.hpp>

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace diffmem::stable {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPipeline = "StableDiffusionPipeline";
constexpr std::uint64_t kLargestIndex = 1 << 26;  // bytes

json object_in(const fs::path& file) {
  json value = parse_json(read_file(file, kLargestIndex));
  if (!value.is_object())
    throw Error(file.string(), "no JSON object", "what diffusers writes", "fetch or write the file again");
  return value;
}

/// Shard of each tensor, by the index; `bytes`: of all, if it says so.
std::map<std::string, std::string> shards_of(const fs::path& index, std::uint64_t& bytes) {
  const json file = object_in(index);
  const auto refuse = [&](const std::string& got) {
    throw Error(index.string(), got, "weight_map {tensor: file of this folder}", "fetch or write the file again");
  };
  if (!file.contains("weight_map") || !file["weight_map"].is_object()) refuse("no weight_map");
  if (const json metadata = file.value("metadata", json()); metadata.is_object())
    if (const json size = metadata.value("total_size", json()); size.is_number_unsigned())
      bytes = size.get<std::uint64_t>();
  std::map<std::string, std::string> shards;
  const json map = file["weight_map"];
  for (const auto& [name, shard] : map.items()) {
    if (!shard.is_string()) refuse(fmt::format("no file for {}", name));
    const auto text = shard.get<std::string>();
    if (fs::path(text).filename() != text || text == ".." || text == ".") refuse("the file " + text);
    shards.emplace(name, text);
  }
  return shards;
}

std::uint64_t bytes_of(const SafeTensors& file) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors) bytes += tensor.nbytes();
  return bytes;
}

SafeTensors sharded(const fs::path& index) {
  std::uint64_t told = 0;  // of the index's metadata
  const auto shards = shards_of(index, told);
  std::set<std::string> files;
  for (const auto& [name, file] : shards) files.insert(file);
  SafeTensors all;
  all.source = "safetensors " + index.string();
  for (const std::string& file : files) {
    SafeTensors part = read_safetensors(index.parent_path() / file);
    for (auto& [name, tensor] : part.tensors) {
      const auto told = shards.find(name);
      if (told == shards.end() || told->second != file)
        throw Error(part.source, "tensor " + name,
                    told == shards.end() ? "a tensor that the index names" : "it in " + told->second,
                    "fetch the index and its shards again");
      all.tensors.emplace(name, std::move(tensor));
    }
    all.metadata.insert(part.metadata.begin(), part.metadata.end());
  }
  if (const std::uint64_t held = bytes_of(all); told > 0 && held != told)
    throw Error(all.source, fmt::format("{} bytes in the shards", held), fmt::format("{}, its total_size", told),
                "fetch the index and its shards again");
  for (const auto& [name, file] : shards)
    if (!all.contains(name))
      throw Error(all.source, fmt::format("no tensor {} in {}", name, file), "all that the index names",
                  "fetch the index and its shards again");
  return all;
}

/// Today's name of a tensor.
std::string renamed(std::string name) {
  constexpr std::pair<std::string_view, std::string_view> kOld[] = {
      {".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}};
  if (name.find("mid_block.attentions.") == std::string::npos) return name;
  for (const auto& [old, now] : kOld)
    if (const auto at = name.find(old); at != std::string::npos) name.replace(at, old.size(), now);
  return name;
}

void remove_shards(const fs::path& component, const std::string& stem) {
  fs::remove(component / (stem + ".safetensors.index.json"));
  std::vector<fs::path> shards;
  for (const auto& entry : fs::directory_iterator(component))
    if (const std::string file = entry.path().filename();
        file.starts_with(stem + "-") && file.ends_with(".safetensors"))
      shards.push_back(entry.path());
  for (const fs::path& shard : shards) fs::remove(shard);
}

}  // namespace

std::string_view stem_of(const fs::path& component) {
  return component.filename() == "text_encoder" ? "model" : "diffusion_pytorch_model";
}

void check_model_index(const fs::path& folder) {
  const fs::path file = folder / "model_index.json";
  if (!fs::exists(file))
    throw Error("model folder " + folder.string(), "no model_index.json", "a Stable Diffusion in diffusers' layout",
                "let family.folder name the folder that holds unet/, vae/, text_encoder/, tokenizer/ and scheduler/");
  const json index = object_in(file);
  const json name = index.value("_class_name", json());
  if (name != kPipeline)
    throw NotSupported(file.string(),
                       fmt::format("_class_name {}", name.dump(-1, ' ', true, json::error_handler_t::replace)),
                       kPipeline, "this kind of model is not supported: take a Stable Diffusion 1.x or 2.x");
}

void write_model_index(const fs::path& folder) {
  const json none = json::array({nullptr, nullptr});
  const nlohmann::ordered_json index = {{"_class_name", kPipeline},
                                        {"_diffusers_version", "0.35.2"},
                                        {"feature_extractor", none},
                                        {"image_encoder", none},
                                        {"requires_safety_checker", false},
                                        {"safety_checker", none},
                                        {"scheduler", {"diffusers", "DDIMScheduler"}},
                                        {"text_encoder", {"transformers", "CLIPTextModel"}},
                                        {"tokenizer", {"transformers", "CLIPTokenizer"}},
                                        {"unet", {"diffusers", "UNet2DConditionModel"}},
                                        {"vae", {"diffusers", "AutoencoderKL"}}};
  make_folder(folder);
  write_file_atomically(folder / "model_index.json", index.dump(2) + "\n");
}

SafeTensors read_component(const fs::path& component) {
  const std::string stem(stem_of(component));
  for (const char* variant : {"", ".fp16"}) {
    const fs::path single = component / (stem + variant + ".safetensors"),
                   index = component / (stem + ".safetensors.index" + variant + ".json");
    if (fs::exists(single)) return read_safetensors(single);
    if (fs::exists(index)) return sharded(index);
  }
  bool pickled = false;
  if (fs::is_directory(component))
    for (const auto& entry : fs::directory_iterator(component)) pickled |= entry.path().extension() == ".bin";
  throw Error("model folder " + component.string(),
              pickled ? "pickled weights (.bin)" : fmt::format("no {}.safetensors", stem),
              fmt::format("{0}.safetensors or {0}.safetensors.index.json", stem),
              pickled ? "convert them: pickles may run code, and are never read here" : "fetch the weights");
}

void load_component(Network& net, SafeTensors tensors) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, leaf] : net.parameters()) shapes.emplace(name, leaf.sizes().vec());
  SafeTensors known;
  known.source = tensors.source;
  for (const auto& [old, tensor] : tensors.tensors) {
    const std::string name = renamed(old);
    if (name.ends_with("embeddings.position_ids")) continue;  // 0, 1, 2, ...
    if (!at::isFloatingType(tensor.scalar_type()))
      throw Error(tensors.source, fmt::format("tensor {} of type {}", old, c10::toString(tensor.scalar_type())),
                  "a floating-point type", "fetch or write the file again");
    // Attention's linear maps were convolutions once.
    const auto shape = shapes.find(name);
    const bool was_conv = shape != shapes.end() && shape->second.size() == 2 && tensor.dim() == 4 &&
                          tensor.size(2) == 1 && tensor.size(3) == 1;
    known.tensors.emplace(name, was_conv ? tensor.flatten(1) : tensor);
  }
  load_weights(net, known);
}

SafeTensors tensors_of(const Network& net) {
  SafeTensors file;
  file.metadata["format"] = "pt";
  for (const auto& [name, leaf] : net.parameters()) file.tensors.emplace(name, leaf);
  return file;
}

void write_component(const fs::path& component, std::string_view config, const SafeTensors& tensors,
                     std::uint64_t largest) {
  make_folder(component);
  const std::string stem(stem_of(component));
  std::vector<SafeTensors> shards(1);
  std::uint64_t total = 0, held = 0;
  for (const auto& [name, tensor] : tensors.tensors) {
    const std::uint64_t size = tensor.nbytes();
    if (held > 0 && held + size > largest) shards.emplace_back(), held = 0;
    shards.back().tensors.emplace(name, tensor);
    held += size, total += size;
  }
  for (SafeTensors& shard : shards) shard.metadata = tensors.metadata, shard.metadata["format"] = "pt";
  const fs::path single = component / (stem + ".safetensors"), index = component / (stem + ".safetensors.index.json");
  if (shards.size() == 1) {
    write_safetensors(single, shards[0]);
    remove_shards(component, stem);
  } else {
    remove_shards(component, stem);  // so that none of another time is ever read with the new ones

    json map = json::object();
    for (std::size_t i = 0; i < shards.size(); ++i) {
      const std::string file = fmt::format("{}-{:05}-of-{:05}.safetensors", stem, i + 1, shards.size());
      write_safetensors(component / file, shards[i]);
      for (const auto& [name, tensor] : shards[i].tensors) map[name] = file;
    }
    write_file_atomically(index, json{{"metadata", {{"total_size", total}}}, {"weight_map", map}}.dump(2) + "\n");
    fs::remove(single);
  }
  write_file_atomically(component / "config.json", config);
}

}  // namespace diffmem::stable
