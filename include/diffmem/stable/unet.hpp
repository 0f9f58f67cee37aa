// SPDX-License-Identifier: MIT
// The U-Net of Stable Diffusion 1.x and 2.x (Rombach et al. 2022), diffusers' UNet2DConditionModel: by its config.json, with
// tensors of its names.
#pragma once
#include <diffmem/net/network.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem::stable {

/// What the config.json of such a U-Net says; see diffusers for its fields.  Defaults: Stable Diffusion 1.5's, but
/// sample_size, which is that of 256x256 images.  Lists have one number a level, finest first.
struct UNetConfig {
  int sample_size = 32;  ///< side of the latents       [values]
  int in_channels = 4, out_channels = 4;
  bool center_input_sample = false;
  bool flip_sin_to_cos = true;
  int freq_shift = 0;
  std::vector<std::string> down_block_types = {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                               "DownBlock2D"};
  std::vector<std::string> up_block_types = {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
                                             "CrossAttnUpBlock2D"};
  bool has_mid_block = true;  ///< mid_block_type is UNetMidBlock2DCrossAttn, not null
  std::vector<int> only_cross_attention = {0, 0, 0, 0};
  std::vector<int> block_out_channels = {320, 640, 1280, 1280};
  std::vector<int> layers_per_block = {2, 2, 2, 2};
  int downsample_padding = 1;
  double mid_block_scale_factor = 1;
  std::string act_fn = "silu";
  int norm_num_groups = 32;
  double norm_eps = 1e-5;
  std::vector<int> cross_attention_dim = {768, 768, 768, 768};
  std::vector<int> transformer_layers_per_block = {1, 1, 1, 1};
  std::vector<int> attention_head_dim = {8, 8, 8, 8};  ///< the number of heads, whatever its name
  bool use_linear_projection = false;
  bool upcast_attention = false;  ///< changes nothing here: softmax is always summed in float32
  int conv_in_kernel = 3, conv_out_kernel = 3;
  int time_embedding_dim = 0;  ///< 0: four times the finest level's channels

  int levels() const { return static_cast<int>(block_out_channels.size()); }
  /// Error if the file is missing or damaged or a field is out of range; NotSupported for what neither SD 1.x nor 2.x has.
  static UNetConfig read(const std::filesystem::path& file);
  /// The file's text.
  std::string to_json() const;
  /// Error of `who` naming the field that is out of range or does not fit the others.
  void validate(std::string_view who = "unet") const;
};

/// F(x, t, context).
class UNet final : public Network {
 public:
  /// Leaves are uninitialised; call initialise() or load_weights().  On at::kMeta nothing is allocated.
  explicit UNet(UNetConfig config, at::Device device = at::kCPU, at::ScalarType dtype = kFloat32);
  UNet(const UNet&);
  UNet(UNet&&) noexcept;
  ~UNet() override;

  /// x [B,in,H,W], t [B] or [1] a step of the schedule, context [B,L,D] the prompts' embeddings.  Precision bf16 and fp16: products
  /// in that type.  With checkpointing, backward passes make each residual block and transformer again.
  ///                                                                   -> float32 (float64 of such a net) [B,out,H,W]
  Tensor operator()(const Tensor& x, const Tensor& t, const Tensor& context) const;

  const UNetConfig& config() const { return config_; }
  /// Of one image of sample_size and a context of 77 positions.
  double forward_flops() const override;
  double forward_values() const override;

 private:
  struct Parts;
  UNetConfig config_;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace diffmem::stable
