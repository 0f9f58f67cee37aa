// SPDX-License-Identifier: MIT
// Stable Diffusion's U-Net as a model of this library: a Denoiser of latents whose labels stand for prompts.
#pragma once
#include <diffmem/stable/unet.hpp>
#include <diffmem/train/model.hpp>

#include <cstdint>
#include <utility>

namespace diffmem::stable {

/// F(x, t, prompt).  Label i stands for embeddings[i]; no labels for its last row, the empty prompt.
class PromptedModel : public AnyModel {
 public:
  Tensor raw(const Tensor& x, const Tensor& c_noise, const Tensor& labels, Dropout* dropout) const override;
  std::int64_t classes() const override { return embeddings_.size(0) - 1; }
  UNet& net() override { return net_; }
  const UNet& net() const override { return net_; }

 protected:
  /// embeddings [P+1,L,D] on the network's device; the last is that of the empty prompt.
  PromptedModel(UNet&& net, Tensor embeddings);

 private:
  UNet net_;
  Tensor embeddings_;
};

/// A design's; weights are uninitialised.
template <class D>
class LatentModel final : public Scheduled<PromptedModel, D> {
 public:
  LatentModel(const D& design, const UNetConfig& config, const Tensor& embeddings, at::Device device = at::kCPU)
      : Scheduled<PromptedModel, D>(design, UNet(config, device), embeddings.to(device)) {}
};

}  // namespace diffmem::stable
