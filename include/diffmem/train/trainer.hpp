// SPDX-License-Identifier: MIT
// Trainer: the optimiser steps of one run, as in the paper's Appendix B.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/kernels/adam.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/train/batch.hpp>
#include <diffmem/train/checkpoint.hpp>
#include <diffmem/train/loss.hpp>
#include <diffmem/train/model.hpp>
#include <diffmem/train/params.hpp>

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace diffmem {

/// A model in training, its average, and Adam's moments.
///
///     Trainer<Base> trainer(Base{}, net, params, images);
///     while (!trainer.finished()) trainer.step();
///     auto pictures = trainer.generate({.images = 64});
///
/// After k steps the state is a pure function of the arguments, up to the rounding that the number of threads implies.
template <class D>
class Trainer {
 public:
  /// `net.label_dim`, `channels` and `resolution` are taken from the images and the design's conditioning.
  Trainer(const D& design, UNetConfig net, TrainParams params, ImageSet images, at::Device device = at::kCPU)
      : params_(params),
        images_(std::move(images)),
        labels_(design.condition.training_labels(images_, params_.seed)),
        order_(images_.count, params_.seed),
        device_(device),
        model_(design, fitted(net, images_, labels_), params_.seed, device),
        average_(design, fitted(net, images_, labels_), params_.seed, device) {
    params_.validate();
    model_.net().initialise(params_.seed);
    average_.net().copy_from(model_.net());
    model_.net().require_grad();
    for (const auto& [name, leaf] : model_.net().parameters()) {
      weights_.push_back(leaf);
      m_.push_back(zeros_like(leaf.detach()));
      v_.push_back(zeros_like(leaf.detach()));
    }
    for (const auto& [name, leaf] : average_.net().parameters()) averages_.push_back(leaf);
  }

  /// One optimiser step.  The loss: the batch's mean of per-image sums.  Error naming step and sigma, with nothing
  /// changed, if the loss or a gradient is not finite.
  double step() {
    const std::int64_t at = progress_.step, micro = params_.batch / params_.accumulate;
    double loss = 0;
    for (std::int64_t first = 0; first < params_.batch; first += micro) loss += accumulate(at, first, micro);
    Tensors gradients;
    for (const Tensor& w : weights_) gradients.push_back(w.grad());
    if (!kernels::all_finite(gradients)) refuse(at, "a gradient that is not finite", last_sigma_);
    adam_ema(weights_, gradients, m_, v_, averages_,
             {.lr = params_.lr_at(at, images_.count),
              .beta1 = params_.beta1,
              .beta2 = params_.beta2,
              .eps = params_.eps,
              .count = at + 1,
              .ema = params_.ema_at(at, images_.count)});
    clear_gradients();
    ++progress_.step;
    progress_.loss_sum += loss;
    ++progress_.loss_count;
    return loss;
  }

  bool finished() const { return progress_.step >= total_steps(); }
  std::int64_t total_steps() const { return params_.total_steps(images_.count); }

  /// Images from the averaged weights, uint8 [images,C,H,W]; shape, classes and device of `options` are filled in.
  std::vector<std::uint8_t> generate(GenerateOptions options) const {
    options.shape = {images_.channels, images_.height, images_.width};
    options.classes = average_.net().config().label_dim;
    options.device = device_;
    return diffmem::generate(average_.design().sampler, average_, average_.sigma_range(), options);
  }

  /// The network that these arguments make, without its values: to count parameters and operations.
  static UNet shape(const D& design, const UNetConfig& net, const ImageSet& images, std::uint64_t seed) {
    UNetConfig config = fitted(net, images, design.condition.training_labels(images, seed));
    design.family.configure(config);
    return UNet(config, design.skip.mask(), at::kMeta);
  }

  const TrainParams& params() const { return params_; }
  const ImageSet& images() const { return images_; }
  const Model<D>& model() const { return model_; }
  const Model<D>& average() const { return average_; }
  TrainProgress& progress() { return progress_; }
  const TrainProgress& progress() const { return progress_; }

  /// Everything step() depends on.
  Checkpoint checkpoint() const {
    Checkpoint c{.progress = progress_, .tensors = {}};
    visit([&](const std::string& name, const Tensor& t) { c.tensors.tensors.emplace(name, t); });
    return c;
  }
  /// Goes back to a checkpoint of the same configuration.  Error if a tensor is missing or misshapen.
  void restore(const Checkpoint& c) {
    const at::NoGradGuard no_grad;
    visit([&](const std::string& name, Tensor t) {
      const Tensor& saved = c.tensors.at(name);
      if (saved.sizes() != t.sizes() || saved.scalar_type() != t.scalar_type())
        throw Error("checkpoint", fmt::format("{} of {} values", name, saved.numel()),
                    fmt::format("{} values", t.numel()), "continue it with the settings it was made with");
      t.copy_(saved);
    });
    progress_ = c.progress;
  }

 private:
  static UNetConfig fitted(UNetConfig net, const ImageSet& images, const std::vector<std::int64_t>& labels) {
    if (images.height != images.width)
      throw Error("training", fmt::format("images of {}x{}", images.height, images.width), "square images",
                  "shrink or pad them first");
    net.resolution = static_cast<int>(images.height);
    net.channels = static_cast<int>(images.channels);
    net.label_dim = static_cast<int>(label_dim(labels));
    return net;
  }

  /// Adds the gradient of one micro-batch; its share of the loss.
  double accumulate(std::int64_t step, std::int64_t first, std::int64_t count) {
    const auto& schedule = model_.design().schedule;
    const TrainingBatch b =
        training_batch(images_, labels_, order_, D::Schedule::variate, params_.seed, step, params_.batch, first, count);
    Dropout dropout{.seed = params_.seed,
                    .step = static_cast<std::uint64_t>(step),
                    .first_place = static_cast<std::uint32_t>(first)};
    const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor& labels) {
      return model_(x, sigma, labels, &dropout);
    };
    const auto here = [&](const Tensor& t) { return t.defined() ? t.to(device_) : t; };
    last_sigma_ = schedule.training_sigma(b.variate);
    const Tensor per_image =
        denoising_loss(denoise, schedule, here(b.images), here(last_sigma_), here(b.noise), here(b.labels))
            .flatten(1)
            .sum({1});
    const Tensor loss = per_image.sum() / static_cast<double>(params_.batch);
    const double value = loss.item().toDouble();
    if (!std::isfinite(value)) {
      const auto losses = values_of<double>(per_image);
      const auto bad = std::find_if(losses.begin(), losses.end(), [](double l) { return !std::isfinite(l); });
      const std::int64_t i = bad == losses.end() ? 0 : bad - losses.begin();
      refuse(step, fmt::format("a loss of {} for image {} of the batch", value, first + i),
             last_sigma_.narrow(0, i, 1));
    }
    loss.backward();
    return value;
  }

  [[noreturn]] void refuse(std::int64_t step, const std::string& got, const Tensor& sigma) {
    clear_gradients();
    const auto s = values_of<double>(sigma);
    const auto [low, high] = std::minmax_element(s.begin(), s.end());
    throw Error(fmt::format("training step {}", step + 1),
                s.size() == 1 ? fmt::format("{}, sigma {:.6g}", got, *low)
                              : fmt::format("{}, sigma {:.6g} to {:.6g}", got, *low, *high),
                "finite numbers", "lower the learning rate, or look at the data");
  }

  void clear_gradients() {
    for (const Tensor& w : weights_) w.mutable_grad() = Tensor();
  }

  /// Visits every tensor of the state by its name in a checkpoint.
  template <class Visit>
  void visit(Visit&& see) const {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const std::string& name = model_.net().parameters()[i].first;
      see("net." + name, weights_[i].detach());
      see("ema." + name, averages_[i]);
      see("adam.m." + name, m_[i]);
      see("adam.v." + name, v_[i]);
    }
  }

  TrainParams params_;
  ImageSet images_;
  std::vector<std::int64_t> labels_;
  CycledOrder order_;
  at::Device device_;
  Model<D> model_, average_;
  Tensors weights_, averages_, m_, v_;
  Tensor last_sigma_;
  TrainProgress progress_;
};

}  // namespace diffmem
