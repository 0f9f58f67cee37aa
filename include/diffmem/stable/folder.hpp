// SPDX-License-Identifier: MIT
// Model folders in diffusers' layout: model_index.json, and a folder a component with config.json and safetensors.
#pragma once
#include <diffmem/core/safetensors.hpp>
#include <diffmem/net/network.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace diffmem::stable {

/// The stem of a component's weights: "model" of a text encoder, which is transformers' own, else
/// "diffusion_pytorch_model".
std::string_view stem_of(const std::filesystem::path& component);

/// Error unless `folder` has a model_index.json; NotSupported unless it is that of a StableDiffusionPipeline.
void check_model_index(const std::filesystem::path& folder);
/// Writes the model_index.json of a Stable Diffusion without safety checker.
void write_model_index(const std::filesystem::path& folder);

/// The tensors of a component, in mappings of its files: <stem>.safetensors, or the shards that
/// <stem>.safetensors.index.json names; where there is neither, their fp16 variants.
/// Error if there is none (a folder of .bin files is told so), a shard is missing or outside the folder, or index and
/// shards do not have the same tensors, or not the index's total_size.
SafeTensors read_component(const std::filesystem::path& component);

/// Copies the tensors into the network, as load_weights(); names that older files have for an autoencoder's attention, and
/// position ids, are understood.  Error also if a tensor is not of a floating-point type.
void load_component(Network& net, SafeTensors tensors);

/// A network's tensors, not copied, as diffusers' files hold them.
SafeTensors tensors_of(const Network& net);

/// Writes config.json and the tensors, in shards if they have more than `largest` bytes.  What was there before is replaced
/// file by file, config.json last.
void write_component(const std::filesystem::path& component, std::string_view config, const SafeTensors& tensors,
                     std::uint64_t largest = 10'000'000'000);

}  // namespace diffmem::stable
