// SPDX-License-Identifier: MIT
// Model: a network with its schedule's preconditioning; a Denoiser.
#pragma once
#include <diffmem/net/unet.hpp>
#include <diffmem/train/design.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace diffmem {

/// What every model is, whatever its network and policies: D(x; sigma) = c_skip x + c_out F(c_in x, c_noise, labels).
class AnyModel {
 public:
  virtual ~AnyModel();

  /// The denoised image.  x and sigma are cast to float32, as in the reference; labels int64 [N] or undefined.
  /// dropout null: evaluation mode.                                          [N,C,H,W], [N], [N] -> float32 [N,C,H,W]
  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels = {}, Dropout* dropout = nullptr) const;

  /// The raw network output F for an already scaled x and a noise level c_noise [N] or [1].
  virtual Tensor raw(const Tensor& x, const Tensor& c_noise, const Tensor& labels, Dropout* dropout) const = 0;

  /// The schedule's, see schedule/concept.hpp.
  virtual Coefficients coefficients(const Tensor& sigma) const = 0;
  virtual Tensor loss_weight(const Tensor& sigma) const = 0;
  virtual Tensor training_sigma(const Tensor& variate) const = 0;
  virtual Variate variate() const = 0;
  virtual SigmaRange sigma_range() const = 0;
  /// Labels that it knows are 0 ... classes()-1; 0: it is unconditional.
  virtual std::int64_t classes() const = 0;

  virtual Network& net() = 0;
  virtual const Network& net() const = 0;
};

/// A model whose network is the EDM-style U-Net.
class UNetModel : public AnyModel {
 public:
  Tensor raw(const Tensor& x, const Tensor& c_noise, const Tensor& labels, Dropout* dropout) const override {
    return network(x, c_noise, labels, dropout);
  }
  /// The same, watched.
  Tensor network(const Tensor& x, const Tensor& c_noise, const Tensor& labels = {}, Dropout* dropout = nullptr,
                 const UNet::Watch& watch = {}) const;
  /// The policies' words, then their parameters.
  virtual Listing policies() const = 0;

  std::int64_t classes() const override { return net_.config().label_dim; }
  UNet& net() override { return net_; }
  const UNet& net() const override { return net_; }

 protected:
  explicit UNetModel(UNet&& net);
  /// `unit`: radians of a frequency of 1; `buffer`: the frequencies' name among the weights, empty if they are none.
  void embed_by(const Tensor& frequencies, double unit, std::string_view buffer);

 private:
  UNet net_;
  Tensor frequencies_;
  double unit_ = 1;
};

/// How many images to sample together: so many operations for each thread that what a call costs by itself is a percent
/// or two, and of free memory no more than a quarter.  No image depends on it but for rounding.
std::int64_t sampling_batch(const Network& net, at::Device device);

/// The model `Base` with a design's schedule.
template <class Base, class D>
class Scheduled : public Base {
 public:
  Coefficients coefficients(const Tensor& sigma) const override { return design_.schedule.coefficients(sigma); }
  Tensor loss_weight(const Tensor& sigma) const override { return design_.schedule.loss_weight(sigma); }
  Tensor training_sigma(const Tensor& variate) const override { return design_.schedule.training_sigma(variate); }
  Variate variate() const override { return design_.schedule.variate; }
  SigmaRange sigma_range() const override { return {design_.schedule.sigma_min(), design_.schedule.sigma_max()}; }
  const D& design() const { return design_; }

 protected:
  template <class... Args>
  explicit Scheduled(const D& design, Args&&... args) : Base(std::forward<Args>(args)...), design_(design) {}

 private:
  D design_;
};

template <class D>
class Model final : public Scheduled<UNetModel, D> {
 public:
  /// Weights are uninitialised; `config` is completed by the family.  `seed` is used by random embeddings.
  Model(const D& design, UNetConfig config, std::uint64_t seed = 0, at::Device device = at::kCPU,
        at::ScalarType dtype = kFloat32)
      : Scheduled<UNetModel, D>(design, shape(design, std::move(config), device, dtype)) {
    std::string_view buffer;
    if constexpr (SavesFrequencies<typename D::Embedding>) buffer = design.embedding.buffer;
    this->embed_by(design.embedding.frequencies(this->net().noise_channels(), seed), design.embedding.unit, buffer);
  }

  /// Its network, uninitialised; on at::kMeta nothing is allocated.
  static UNet shape(const D& design, UNetConfig config, at::Device device, at::ScalarType dtype = kFloat32) {
    design.family.configure(config);
    return UNet(std::move(config), design.skip.mask(), device, dtype);
  }

  Listing policies() const override {
    Listing list = this->design().words();
    list_params(this->design(), "", list);
    return list;
  }
};

}  // namespace diffmem
