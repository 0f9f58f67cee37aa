// SPDX-License-Identifier: MIT
// Model: a network with its schedule's preconditioning and its time embedding; a Denoiser.
#pragma once
#include <diffmem/net/unet.hpp>
#include <diffmem/train/design.hpp>

#include <string>
#include <utility>

namespace diffmem {

/// D(x; sigma) = c_skip x + c_out F(c_in x, embed(c_noise), labels).
template <class D>
class Model {
 public:
  /// Weights are uninitialised; `config` is completed by the family.  `seed` is used by random embeddings.
  Model(const D& design, UNetConfig config, std::uint64_t seed = 0, at::Device device = at::kCPU,
        at::ScalarType dtype = kFloat32)
      : design_(design),
        net_(configured(design, std::move(config)), design.skip.mask(), device, dtype),
        frequencies_(design.embedding.frequencies(net_.noise_channels(), seed).to(device)) {
    if constexpr (SavesFrequencies<typename D::Embedding>)
      if (const std::string name(design.embedding.buffer); !name.empty())
        net_.add_buffer(name, frequencies_);  // shared: loading weights sets it
  }

  /// The denoised image.  x and sigma are cast to float32, as in the reference; labels int64 [N] or undefined.
  /// dropout null: evaluation mode.                                          [N,C,H,W], [N], [N] -> float32 [N,C,H,W]
  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels = {}, Dropout* dropout = nullptr) const {
    const Tensor x32 = x.to(kFloat32), sigma32 = sigma.to(kFloat32);
    const Coefficients c = design_.schedule.coefficients(sigma32);
    return wide(c.c_skip) * x32 + wide(c.c_out) * network(wide(c.c_in) * x32, c.c_noise, labels, dropout);
  }

  /// The raw network output F for an already scaled x and a noise level c_noise [N].
  Tensor network(const Tensor& x, const Tensor& c_noise, const Tensor& labels = {}, Dropout* dropout = nullptr,
                 const UNet::Watch& watch = {}) const {
    return net_(x, embed(c_noise, frequencies_.to(c_noise.scalar_type()) * design_.embedding.unit), labels, dropout,
                watch);
  }

  SigmaRange sigma_range() const { return {design_.schedule.sigma_min(), design_.schedule.sigma_max()}; }
  const D& design() const { return design_; }
  UNet& net() { return net_; }
  const UNet& net() const { return net_; }

 private:
  static UNetConfig configured(const D& design, UNetConfig config) {
    design.family.configure(config);
    return config;
  }

  D design_;
  UNet net_;
  Tensor frequencies_;
};

}  // namespace diffmem
