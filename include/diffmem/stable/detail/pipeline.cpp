// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/pipeline.hpp>
#include <diffmem/text/tokenizer.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem::stable {
namespace {

namespace fs = std::filesystem;

fs::path checked(const fs::path& folder) {
  check_model_index(folder);
  return folder;
}

}  // namespace

Pipeline::Pipeline(const fs::path& folder)
    : folder_(checked(folder)),
      unet_(UNetConfig::read(folder / "unet" / "config.json")),
      autoencoder_(AutoencoderConfig::read(folder / "vae" / "config.json")),
      text_(TextConfig::read(folder / "text_encoder" / "config.json")),
      scheduler_(SchedulerConfig::read(folder / "scheduler" / "scheduler_config.json")) {
  const auto fits = [&](bool holds, const std::string& got, const std::string& want) {
    if (!holds) throw Error("model folder " + folder.string(), got, want, "take the components of one model");
  };
  fits(unet_.cross_attention_dim[0] == text_.hidden_size,
       fmt::format("a U-Net for prompts of width {}", unet_.cross_attention_dim[0]),
       fmt::format("{}, the text encoder's", text_.hidden_size));
  fits(unet_.in_channels == autoencoder_.latent_channels && unet_.out_channels == autoencoder_.latent_channels,
       fmt::format("a U-Net from {} channels to {}", unet_.in_channels, unet_.out_channels),
       fmt::format("{}, the autoencoder's", autoencoder_.latent_channels));
}

std::string Pipeline::digest() const {
  std::string all;
  for (const char* component : {"unet", "vae", "text_encoder"})
    for (const auto& [name, tensor] : read_component(folder_ / component).tensors)
      all += name + diffmem::digest({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  for (const char* file : {"tokenizer/vocab.json", "tokenizer/merges.txt"})
    all += diffmem::digest(read_file(folder_ / file));
  return diffmem::digest(all + unet_.to_json() + autoencoder_.to_json() + text_.to_json() + scheduler_.to_json());
}

SafeTensors Pipeline::unet_weights() const { return read_component(folder_ / "unet"); }

std::shared_ptr<const Autoencoder> Pipeline::load_autoencoder(at::Device device, Precision precision) const {
  const auto net = std::make_shared<Autoencoder>(autoencoder_, device);
  load_component(*net, read_component(folder_ / "vae"));
  net->set_precision(precision);
  return net;
}

Tensor Pipeline::embed(const std::vector<std::string>& prompts, at::Device device) const {
  const at::NoGradGuard no_grad;
  const ClipTokenizer tokenizer(folder_ / "tokenizer");
  const auto words = static_cast<std::int64_t>(tokenizer.vocabulary()),
             length = static_cast<std::int64_t>(tokenizer.length());
  if (words > text_.vocab_size || length > text_.max_position_embeddings)
    throw Error("model folder " + folder_.string(),
                fmt::format("a tokenizer of {} words and {} positions", words, length),
                fmt::format("{} and {} at most, the text encoder's", text_.vocab_size, text_.max_position_embeddings),
                "take the components of one model");
  TextEncoder encoder(text_, device);
  load_component(encoder, read_component(folder_ / "text_encoder"));
  Tensors embeddings;
  for (const std::string& prompt : prompts)
    embeddings.push_back(encoder(tensor_of(tokenizer.encode(prompt)).unsqueeze(0).to(device)));
  return cat(embeddings);
}

void export_folder(const Pipeline& pipeline, const SafeTensors& unet, const fs::path& folder) {
  if (fs::exists(folder))
    throw Error("export", folder.string() + ", which is there", "a folder that is not", "name another, or remove it");
  fs::path beside = folder;
  beside += ".partial";
  fs::remove_all(beside);
  make_folder(beside);
  const auto link = [&](const fs::path& from, const fs::path& to) {  // files are replaced by rename, never changed
    std::error_code failed;
    fs::create_hard_link(from, to, failed);
    if (failed) fs::copy_file(from, to);
  };
  for (const char* component : {"vae", "text_encoder", "tokenizer", "scheduler"}) {
    make_folder(beside / component);
    for (const auto& entry : fs::directory_iterator(pipeline.folder() / component))
      if (entry.is_regular_file()) link(fs::canonical(entry.path()), beside / component / entry.path().filename());
  }
  write_component(beside / "unet", pipeline.unet().to_json(), unet);
  write_model_index(beside);
  fs::rename(beside, folder);
  sync_folder(folder.parent_path());
}

}  // namespace diffmem::stable
