// SPDX-License-Identifier: MIT
// The EDM-style U-Net (Song et al. 2021's DDPM++ and NCSN++ as re-implemented by Karras et al. 2022): one ordinary class;
// family, skip mask and sizes are values, so twenty masks cost one compiled network.
#pragma once
#include <diffmem/net/layers.hpp>
#include <diffmem/net/network.hpp>
#include <diffmem/skip/mask.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// What the encoder does besides its blocks.  residual: a second path of strided convolutions from the image down is
/// added to each level's first output (NCSN++).
enum class Encoder { standard, residual };
inline constexpr std::array<std::string_view, 2> kEncoderWords{"standard", "residual"};
constexpr const auto& words_of(Encoder) { return kEncoderWords; }

/// Everything that is a number in a network.  Defaults: the paper's CIFAR-10 net (35,125,251 parameters).
struct UNetConfig {
  int resolution = 32;                ///< side of the images, a multiple of 2^(levels-1)   [pixels]
  int channels = 3;                   ///< image channels
  int label_dim = 0;                  ///< classes; 0: unconditional
  int augment_dim = 0;                ///< width of an augmentation label, which is always 0 here; published nets have 9
  int base = 128;                     ///< base width
  std::vector<int> mult = {2, 2, 2};  ///< width multiplier per level, finest first
  int blocks = 2;                     ///< residual blocks per level
  std::vector<int> attention = {16};  ///< resolutions with self-attention   [pixels]
  double dropout = 0.13;              ///< probability of dropping a value while training
  int noise_mult = 1;                 ///< width of the noise features / base; set by the family
  std::vector<int> filter = {1, 1};   ///< resampling taps; set by the family
  Encoder encoder = Encoder::standard;  ///< set by the family

  int levels() const { return static_cast<int>(mult.size()); }
  /// Encoder outputs handed to the decoder: levels * (blocks + 1).
  int skips() const { return levels() * (blocks + 1); }
  /// Error of `who` naming the field that is out of range.  The ranges are wide, but no product of them overflows.
  void validate(std::string_view who = "network") const;

  template <class Self, class Visit>
  static void each(Self& c, Visit&& visit) {
    visit("resolution", c.resolution), visit("channels", c.channels), visit("label_dim", c.label_dim);
    visit("augment_dim", c.augment_dim), visit("base", c.base), visit("mult", c.mult), visit("blocks", c.blocks);
    visit("attention", c.attention), visit("dropout", c.dropout), visit("noise_mult", c.noise_mult);
    visit("filter", c.filter), visit("encoder", c.encoder);
  }
};

/// The U-Net F(x, noise features, labels).
class UNet final : public Network {
 public:
  /// Sees the output of every module in order of calls; for debugging and tests.  It makes the pass plain.
  using Watch = std::function<void(std::string_view module, const Tensor& output)>;

  /// Leaves are uninitialised; call initialise() or load().  On at::kMeta nothing is allocated (to count parameters).
  explicit UNet(UNetConfig config, SkipMask mask = SkipMask::all(), at::Device device = at::kCPU,
                at::ScalarType dtype = kFloat32);
  UNet(const UNet&);
  UNet(UNet&&) noexcept;
  ~UNet() override;

  /// The raw network output.
  /// x [B,C,H,W];  noise [B, noise_mult*base], the embedded noise level [sin, cos], or one row for all images;  labels
  /// int64 [B] or undefined (then a conditional net sees a zero label vector);  dropout null: evaluation mode.
  ///                                                                                                         -> [B,C,H,W]
  Tensor operator()(const Tensor& x, const Tensor& noise, const Tensor& labels = {}, Dropout* dropout = nullptr,
                    const Watch& watch = {}) const;

  const UNetConfig& config() const { return config_; }
  int noise_channels() const { return config_.base * config_.noise_mult; }
  void set_precision(Precision p) override;
  double forward_flops() const override { return cost().operations; }
  double forward_values() const override { return cost().values; }

 private:
  struct Cost {
    double operations = 0, values = 0;
  };
  Cost cost() const;

  struct Level {
    std::string name;  // "16x16"
    int resolution = 0;
    std::optional<Conv2d> conv;          // encoder, finest level
    std::optional<Conv2d> aux_residual;  // residual encoder, other levels
    std::optional<Block> resample, in0, in1;
    std::vector<Block> blocks;
  };

  /// [B,noise channels], labels -> [B,4*base]
  Tensor embedding(const Tensor& noise, const Tensor& labels) const;

  UNetConfig config_;
  SkipMask mask_;
  Linear map_label_, map_augment_, map_layer0_, map_layer1_;
  std::vector<Level> encoder_, decoder_;  // encoder finest first, decoder coarsest first
  GroupNorm out_norm_;
  Conv2d out_conv_;
};

}  // namespace diffmem
