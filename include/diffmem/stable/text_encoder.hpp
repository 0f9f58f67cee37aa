// SPDX-License-Identifier: MIT
// The text encoder of Stable Diffusion 1.x and 2.x, transformers' CLIPTextModel (Radford et al. 2021).
#pragma once
#include <diffmem/net/network.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace diffmem::stable {

/// What the config.json of such an encoder says.  Defaults: Stable Diffusion 1.x's.
struct TextConfig {
  int vocab_size = 49408;
  int hidden_size = 768;  ///< D
  int intermediate_size = 3072;
  int num_hidden_layers = 12;
  int num_attention_heads = 12;
  int max_position_embeddings = 77;
  std::string hidden_act = "quick_gelu";
  double layer_norm_eps = 1e-5;
  int projection_dim = 768;                                  ///< of a part that is not here
  int bos_token_id = 0, eos_token_id = 2, pad_token_id = 1;  ///< as published; nothing here reads them

  /// Error if the file is missing or damaged or a field is out of range; NotSupported for another kind of encoder.
  static TextConfig read(const std::filesystem::path& file);
  /// The file's text.
  std::string to_json() const;
  /// Error of `who` naming the field that is out of range or does not fit the others.
  void validate(std::string_view who = "text encoder") const;
};

class TextEncoder final : public Network {
 public:
  /// Leaves are uninitialised; call initialise() or load_weights().  On at::kMeta nothing is allocated.
  explicit TextEncoder(TextConfig config, at::Device device = at::kCPU, at::ScalarType dtype = kFloat32);
  TextEncoder(const TextEncoder&);
  TextEncoder(TextEncoder&&) noexcept;
  ~TextEncoder() override;

  /// The last hidden states after the final norm.  ids int64 [B,L], each below vocab_size, L at most
  /// max_position_embeddings; a position sees those before it alone.                                        -> [B,L,D]
  Tensor operator()(const Tensor& ids) const;

  const TextConfig& config() const { return config_; }
  /// Of one text of max_position_embeddings.
  double forward_flops() const override;
  double forward_values() const override;

 private:
  struct Parts;
  TextConfig config_;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace diffmem::stable
