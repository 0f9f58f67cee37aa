// SPDX-License-Identifier: MIT
// Trainer: the optimiser steps of one run, as in the paper's Appendix B.
#pragma once
#include <diffmem/core/device_work.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/sampler/replayed.hpp>
#include <diffmem/train/batch.hpp>
#include <diffmem/train/checkpoint.hpp>
#include <diffmem/train/model.hpp>
#include <diffmem/train/params.hpp>
#include <diffmem/world/world.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace diffmem {
namespace detail {
class CudaUpdate;
}

/// Thrown by a step whose loss or gradient is not finite.
class NotFinite : public Error {
 public:
  using Error::Error;
  /// The same with more said about it.
  explicit NotFinite(const std::string& whole) : Error(whole) {}
};

/// What every training is, whatever its policies: steps, averages, moments, checkpoints.
class AnyTrainer {
 public:
  virtual ~AnyTrainer();
  AnyTrainer(const AnyTrainer&) = delete;
  AnyTrainer& operator=(const AnyTrainer&) = delete;

  /// Goes on from rank 0's state, and from now on each process of `world`, which must outlive this, trains on its part of
  /// every batch, and all do the same step: losses and weights are those of one process alone, but for rounding.  Error if
  /// a micro-batch would be empty.
  void join(const World& world);

  /// One optimiser step.  The loss: the batch's mean over its images.  NotFinite naming step and sigma, with nothing
  /// changed, if the loss or a gradient is not finite; every process of a world throws it then.
  double step();
  bool finished() const { return progress_.step >= total_steps(); }
  std::int64_t total_steps() const { return params_.total_steps(images_.count); }

  /// Images from the averaged weights, uint8 [images,C,H,W]; shape, classes, device and, if it is 0, batch of `options`
  /// are filled in.
  std::vector<std::uint8_t> generate(GenerateOptions options) const;
  virtual const AnyModel& model() const = 0;
  /// The model with the averaged weights.
  virtual const AnyModel& average() const = 0;

  const ImageSet& images() const { return images_; }
  TrainProgress& progress() { return progress_; }
  const TrainProgress& progress() const { return progress_; }

  /// Everything step() depends on.
  Checkpoint checkpoint() const;
  /// Goes back to a checkpoint of the same configuration.  Error if a tensor is missing or misshapen.
  void restore(const Checkpoint& c);

 protected:
  AnyTrainer(const TrainParams& params, ImageSet images, std::vector<std::int64_t> labels, at::Device device);
  /// Trains on `examples` instead of the images themselves, one for each.
  void train_on(Examples examples) { examples_ = std::move(examples); }

  /// `net` with resolution, channels and classes as images and labels have them.
  static UNetConfig fitted(UNetConfig net, const ImageSet& images, const std::vector<std::int64_t>& labels);
  /// Copies `model`, whose weights are set, to `average`, and trains it from now on.
  void begin(AnyModel& model, AnyModel& average);
  /// A batch of images from the averaged model.
  virtual Tensor sample(const NoiseSource& noise, const Tensor& labels) const = 0;

  TrainParams params_;
  ImageSet images_;
  std::vector<std::int64_t> labels_;
  at::Device device_;

 private:
  /// A micro-batch on the device, in the same places at every step, and what came of it.
  struct Micro {
    Tensor images, noise, sigma, weight, labels;  ///< weight: of the loss
    Tensor per_image;                             ///< [N], sums over the pixels
    Tensor loss;                                  ///< its share of the batch's
  };
  std::vector<TrainingBatch> batches(std::int64_t step);
  void load(std::int64_t step);
  void accumulate(Micro& micro, Dropout dropout);
  Tensors gradients() const;
  /// Brings the gradients to their own scale, and to the length that `clip` allows.
  void finish_gradients();
  [[noreturn]] void refuse(std::int64_t step, const std::string& got, const Tensor& sigma);
  void clear_gradients();
  template <class Visit>
  void visit(Visit&& see) const;

  const World* world_ = &World::alone();
  std::unique_ptr<GradientSum> sum_;  // in a world
  Examples examples_;
  DataOrder order_;
  std::vector<std::string> names_;
  Tensors weights_, averages_, m_, v_;
  std::vector<Micro> micros_;
  Tensor scale_;                     // of the loss, on the device; undefined: 1
  std::vector<TrainingBatch> next_;  // of step next_step_, made while the device is busy
  std::int64_t next_step_ = -1;
  Recorded recorded_;
  std::unique_ptr<detail::CudaUpdate> update_;  // on a CUDA device
  TrainProgress progress_;
};

/// A model in training and its average.
///
///     Trainer<Base> trainer(Base{}, net, params, images);
///     while (!trainer.finished()) trainer.step();
///     auto pictures = trainer.generate({.images = 64});
///
/// After k steps the state is a pure function of the arguments, up to the rounding that the number of threads implies.
template <class D>
class Trainer final : public AnyTrainer {
 public:
  /// `net.label_dim`, `channels` and `resolution` are taken from the images and the design's conditioning.
  Trainer(const D& design, const UNetConfig& net, const TrainParams& params, const ImageSet& images,
          at::Device device = at::kCPU)
      : AnyTrainer(params, images, design.condition.training_labels(images, params.seed), device),
        model_(design, fitted(net, images_, labels_), params.seed, device),
        average_(design, fitted(net, images_, labels_), params.seed, device),
        replayed_(average_, device) {
    design.validate();
    model_.net().initialise(params.seed);
    begin(model_, average_);
  }

  const Model<D>& model() const override { return model_; }
  const Model<D>& average() const override { return average_; }

  /// The network that these arguments make, without its values: to count parameters and operations.
  static UNet shape(const D& design, const UNetConfig& net, const ImageSet& images, std::uint64_t seed) {
    design.validate();
    return Model<D>::shape(design, fitted(net, images, design.condition.training_labels(images, seed)), at::kMeta);
  }

 private:
  Tensor sample(const NoiseSource& noise, const Tensor& labels) const override {
    const DenoiserRef denoise = device_.is_cpu() ? DenoiserRef(average_) : DenoiserRef(replayed_);
    return average_.design().sampler(denoise, noise, average_.sigma_range(), labels);
  }

  Model<D> model_, average_;
  mutable Replayed replayed_;
};

}  // namespace diffmem
