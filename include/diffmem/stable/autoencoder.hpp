// SPDX-License-Identifier: MIT
// The autoencoder of Stable Diffusion 1.x and 2.x, diffusers' AutoencoderKL: images to latents and back.
#pragma once
#include <diffmem/net/network.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem::stable {

/// What the config.json of such an autoencoder says.  Defaults: Stable Diffusion's.
struct AutoencoderConfig {
  int in_channels = 3, out_channels = 3;
  std::vector<std::string> down_block_types = std::vector<std::string>(4, "DownEncoderBlock2D");
  std::vector<std::string> up_block_types = std::vector<std::string>(4, "UpDecoderBlock2D");
  std::vector<int> block_out_channels = {128, 256, 512, 512};  ///< finest first
  int layers_per_block = 2;
  std::string act_fn = "silu";
  int latent_channels = 4;
  int norm_num_groups = 32;
  int sample_size = 512;            ///< side of the images it was trained on      [pixels]
  double scaling_factor = 0.18215;  ///< the U-Net's latents are these times it
  bool mid_block_add_attention = true;
  bool use_quant_conv = true, use_post_quant_conv = true;

  /// How many times smaller the latents' sides are than the images'.
  int factor() const { return 1 << (block_out_channels.size() - 1); }
  /// Error if the file is missing or damaged or a field is out of range; NotSupported for what Stable Diffusion's has not.
  static AutoencoderConfig read(const std::filesystem::path& file);
  /// The file's text.
  std::string to_json() const;
  /// Error of `who` naming the field that is out of range or does not fit the others.
  void validate(std::string_view who = "autoencoder") const;
};

class Autoencoder final : public Network {
 public:
  /// The law of an image's latents: mean + std eps.
  struct Moments {
    Tensor mean, std;  ///< [B,latent,H/factor,W/factor]
  };

  /// Leaves are uninitialised; call initialise() or load_weights().  On at::kMeta nothing is allocated.
  explicit Autoencoder(AutoencoderConfig config, at::Device device = at::kCPU, at::ScalarType dtype = kFloat32);
  Autoencoder(const Autoencoder&);
  Autoencoder(Autoencoder&&) noexcept;
  ~Autoencoder() override;

  /// images [B,in,H,W] on [-1,1], sides multiples of factor(); not scaled by scaling_factor.
  Moments encode(const Tensor& images) const;
  /// latents [B,latent,h,w] as encode() has them.                          -> float32 (float64 of such a net) [B,out,H,W]
  Tensor decode(const Tensor& latents) const;

  const AutoencoderConfig& config() const { return config_; }
  /// Of decoding one image of sample_size.
  double forward_flops() const override;
  double forward_values() const override;

 private:
  struct Parts;
  at::ScalarType type() const;
  AutoencoderConfig config_;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace diffmem::stable
