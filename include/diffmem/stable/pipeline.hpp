// SPDX-License-Identifier: MIT
// A model folder of Stable Diffusion, opened: its configurations at once, its weights when they are asked for.
#pragma once
#include <diffmem/core/safetensors.hpp>
#include <diffmem/net/precision.hpp>
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/scheduler.hpp>
#include <diffmem/stable/text_encoder.hpp>
#include <diffmem/stable/unet.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace diffmem::stable {

class Pipeline {
 public:
  /// Error if a part of the folder is missing, damaged, or does not fit the others.
  explicit Pipeline(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const UNetConfig& unet() const { return unet_; }
  const AutoencoderConfig& autoencoder() const { return autoencoder_; }
  const SchedulerConfig& scheduler() const { return scheduler_; }

  /// XXH3-128 over all weights and the tokenizer: the same folder elsewhere has the same.
  std::string digest() const;
  /// The U-Net's tensors, which lie in mappings of its files.
  SafeTensors unet_weights() const;
  std::shared_ptr<const Autoencoder> load_autoencoder(at::Device device, Precision precision) const;
  /// Of each prompt the text encoder's last hidden state; the encoder is loaded for it.                        -> [P,L,D]
  Tensor embed(const std::vector<std::string>& prompts, at::Device device) const;

 private:
  std::filesystem::path folder_;
  UNetConfig unet_;
  AutoencoderConfig autoencoder_;
  TextConfig text_;
  SchedulerConfig scheduler_;
};

/// Writes a folder like that of `pipeline` but for the U-Net, whose tensors are `unet`: diffusers loads it.  What is not
/// trained is linked where that can be done, else copied.  Error if `folder` is there already.
void export_folder(const Pipeline& pipeline, const SafeTensors& unet, const std::filesystem::path& folder);

}  // namespace diffmem::stable
