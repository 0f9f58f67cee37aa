// SPDX-License-Identifier: MIT
// A fine-tuning of ten steps that diffusers does as well (tests/fixtures/stable/make_training.py).
#pragma once
#include "fixtures.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/sampler/spaced.hpp>
#include <diffmem/schedule/ddpm.hpp>
#include <diffmem/stable/design.hpp>
#include <diffmem/stable/trainer.hpp>

namespace diffmem::tuning {

using Design = stable::PromptDesign<stable::Pretrained, DdpmSchedule, ClassPrompt, SpacedDdim>;

inline constexpr const char* kCase = "unet-1";  // of networks.safetensors
inline constexpr std::int64_t kImages = 6, kSteps = 10;

inline TrainParams params() {
  return {.batch = 4,
          .accumulate = 2,
          .budget = Budget::steps,
          .length = kSteps,
          .warmup = 2,
          .lr = 2e-3,
          .lr_rule = LrRule::cosine,
          .decay_rule = WeightDecay::decoupled,
          .weight_decay = 1e-2,
          .ema_rule = EmaRule::counted,
          .ema = 0.9999,
          .reduction = Reduction::mean,
          .clip = 0.5,
          .order = Order::reshuffled,
          .seed = 3};
}

/// Six images of two classes; what they show does not matter, their latents are given.
inline ImageSet images() {
  ImageSet set;
  set.name = "six";
  set.count = kImages, set.channels = 3, set.height = set.width = 16;
  set.pixels.resize(static_cast<std::size_t>(set.count * set.image_size()));
  for (std::size_t i = 0; i < set.pixels.size(); ++i) set.pixels[i] = static_cast<std::uint8_t>(i * 7);
  set.labels = {0, 1, 0, 1, 1, 0};
  set.classes = 2;
  set.class_names = {"realism", "ukiyo_e"};
  return set;
}

inline Tensor normal(const Shape& shape, std::uint64_t index) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  std::vector<float> values(static_cast<std::size_t>(count));
  RandomStream(9, Stream::sample_latent, index).fill_normal(std::span(values));
  return tensor_of(std::span<const float>(values), shape);
}

inline stable::Latents latents() { return {normal({kImages, 4, 8, 8}, 0), normal({kImages, 4, 8, 8}, 1).abs() * 0.1}; }

/// The U-Net of the fixture with these latents; `config`: where its config.json may be written.
inline stable::Material material(const std::filesystem::path& config) {
  const SafeTensors file = read_safetensors(fixture("stable/networks.safetensors"));
  write_file_atomically(config, file.metadata.at(kCase));
  stable::Material m;
  m.config = stable::UNetConfig::read(config);
  const std::string prefix = std::string(kCase) + "/net.";
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(prefix)) m.unet.tensors.emplace(name.substr(prefix.size()), tensor);
  stable::AutoencoderConfig small;
  small.block_out_channels = {4, 8};
  small.down_block_types.resize(2), small.up_block_types.resize(2);
  small.norm_num_groups = 2, small.layers_per_block = 1;
  const auto autoencoder = std::make_shared<stable::Autoencoder>(small);
  autoencoder->initialise(4);
  m.autoencoder = autoencoder;
  m.latents = latents();
  m.embeddings = normal({3, 5, 6}, 2);
  return m;
}

}  // namespace diffmem::tuning
