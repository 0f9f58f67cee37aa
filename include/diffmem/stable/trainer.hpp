// SPDX-License-Identifier: MIT
// Fine-tuning of Stable Diffusion's U-Net (paper, App. F): the steps of every training, on latents.
#pragma once
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/latents.hpp>
#include <diffmem/stable/model.hpp>
#include <diffmem/train/trainer.hpp>

#include <memory>
#include <utility>

namespace diffmem::stable {

/// What a training needs besides its design: networks and what was made of the images.
struct Material {
  UNetConfig config = {};
  SafeTensors unet = {};  ///< where it begins
  std::shared_ptr<const Autoencoder> autoencoder = {};
  Latents latents = {};
  Tensor embeddings = {};  ///< [P+1,L,D], as PromptedModel takes them
};

/// A U-Net in training and its average, sampled through the autoencoder.
template <class D>
class LatentTrainer final : public AnyTrainer {
 public:
  LatentTrainer(const D& design, Material material, const TrainParams& params, const ImageSet& images,
                at::Device device)
      : AnyTrainer(params, images, design.condition.training_labels(images, params.seed), device),
        material_(std::move(material)),
        model_(design, material_.config, material_.embeddings, device),
        average_(design, material_.config, material_.embeddings, device),
        replayed_(average_, device) {
    design.validate();
    train_on(material_.latents.examples(params.seed));
    load_component(model_.net(), material_.unet);
    begin(model_, average_);
    material_.unet = {};
  }

  const LatentModel<D>& model() const override { return model_; }
  const LatentModel<D>& average() const override { return average_; }

 private:
  Tensor sample(const NoiseSource& noise, const Tensor& labels) const override {
    const DenoiserRef denoise = device_.is_cpu() ? DenoiserRef(average_) : DenoiserRef(replayed_);
    return decoded(*material_.autoencoder, average_.design().sampler(denoise, noise, average_.sigma_range(), labels));
  }

  Material material_;
  LatentModel<D> model_, average_;
  mutable Replayed replayed_;
};

}  // namespace diffmem::stable
