// SPDX-License-Identifier: MIT
// Run: one model trained, sampled and measured, in its own folder.  What depends on the design is a handful of virtual
// calls; everything else is compiled once.
#pragma once
#include <diffmem/core/params.hpp>
#include <diffmem/core/peaks.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/report/records.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/progress.hpp>
#include <diffmem/study/setup.hpp>
#include <diffmem/train/trainer.hpp>
#include <diffmem/world/world.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace diffmem {

class SharedFolder;
class Worker;

/// A network of fewer operations a forward pass is quickest on one core.
inline constexpr double kSmallNet = 1e9;

/// A trace is of this many steps, or as many as there are, after some that warm up.
inline constexpr std::int64_t kTraceFrom = 3, kTraceSteps = 10;

/// What all runs of a study share.
struct RunContext {
  std::filesystem::path runs = {};  ///< each run has its folder in it
  ProgressBoard* board = nullptr;
  Worker* worker = nullptr;  ///< whose leases the runs are held by
  int threads = 1;           ///< of this run
  at::Device device = at::kCPU;
  double checkpoint_seconds = 60;        ///< time between checkpoints
  int pictures = 24;                     ///< images shown in the report
  const World* world = &World::alone();  ///< who works on it together; only rank 0 has folder and board
  const Peaks* trace = nullptr;  ///< of the machine: steps and a sampling are traced against them; null: they are not
};

/// What --dry-run says of a run.
struct RunPlan {
  std::string name = {};  ///< of the run's folder; runs of one name are one run
  std::string cell, series;
  Listing settings;  ///< every parameter of design and setup, with what the images decide filled in
  std::int64_t parameters = 0, steps = 0;
  double epochs = 0;
  double forward_flops = 0;  ///< of one image through the network once
  double train_flops = 0, sample_flops = 0;
  std::string cost_key = {};         ///< runs of equal keys cost the same an image
  std::int64_t micro_batch = 0;      ///< images at once, training
  double trained = 0, denoised = 0;  ///< images through a training step, and through the denoiser alone
};

/// What one run costs, by a short try on this machine: of its network, or, if that is large, of a narrower one, in
/// proportion to operations, values and parameters.
struct RunCost {
  double train_seconds = 0;    ///< of a training step, an image
  double denoise_seconds = 0;  ///< of one evaluation of the denoiser, an image
  double held_bytes = 0;       ///< of weights, average, moments, gradients, kernels' own forms of weights, and images
  double train_bytes = 0;      ///< of a training step, an image
  double denoise_bytes = 0;    ///< of one evaluation, an image
  std::int64_t sample_batch = 0;  ///< images at once, sampling

  /// Of a run that trains so many images at once.
  double bytes(std::int64_t micro_batch) const {
    return held_bytes +
           std::max(train_bytes * static_cast<double>(micro_batch), denoise_bytes * static_cast<double>(sample_batch));
  }
};

/// Of a run's settings those that its results follow from: not how many images are sampled together, not checkpointing,
/// nor a rule of when to stop that never stops.
Listing identity_of(Listing settings);

/// What one evaluation of a model's denoiser costs an image, measured likewise.
struct DenoiseCost {
  double seconds = 0, bytes = 0;
};
/// Tries at most `batch` images.
DenoiseCost try_denoising(const UNetModel& model, std::int64_t batch, at::Device device);

/// A run of a study, whatever makes its images.
class AnyRun {
 public:
  virtual ~AnyRun();
  /// Which images it trains on; plan(), try_out() and run() are given them as training_images() makes them.
  virtual const DataParams& data() const = 0;
  /// Sets the design's parameter `path`, such as sampler.steps, from text, or chooses a policy from its menu (path
  /// "sampler", text "heun"); false if there is none of that name.
  virtual bool set(std::string_view path, std::string_view text) = 0;
  /// Why it cannot be made of such images, such as prompts from captions of images that have none; empty if it can.
  virtual std::string unfit(const ImageSet&) const { return {}; }
  /// `digest` is that of `images`.
  virtual RunPlan plan(const ImageSet& images, const std::string& digest) const = 0;
  virtual RunCost try_out(const ImageSet& images, at::Device device) const = 0;
  /// Does what is not yet done.  Interrupted if Ctrl-C came: its state is saved then.  HeldByAnother if another worker has
  /// the run, or has taken it over; StorageGone if its folder is full or gone.
  virtual RunRecord run(const ImageSet& images, const RunPlan& plan, const RunContext& context) = 0;
};

/// A run that trains a model, whichever it is: steps, evaluations, checkpoints, its folder.
class TrainedRun : public AnyRun {
 public:
  const DataParams& data() const override { return setup_.data; }
  RunRecord run(const ImageSet& images, const RunPlan& plan, const RunContext& context) override;

 protected:
  TrainedRun(const Setup& setup, const std::string& series, const std::string& cell);

  /// The policies' names.
  virtual std::string slug() const = 0;
  virtual std::unique_ptr<AnyTrainer> trainer(const ImageSet& images, const RunContext& context) const = 0;
  /// The averaged weights, as the run's folder keeps them.
  virtual SafeTensors weights(const AnyTrainer& trainer) const = 0;
  /// Evaluations of the denoiser per generated image.
  virtual int evaluations() const = 0;
  /// Steps, images and operations, once settings, parameters and forward_flops are known; and the name.
  void complete(RunPlan& plan, const ImageSet& images) const;

  Setup setup_;
  std::string series_, cell_;

 private:
  void train(AnyTrainer& trainer, SharedFolder& folder, const RunContext& context, Trace* trace);
  bool evaluate(AnyTrainer& trainer, SharedFolder& folder, const RunContext& context, ProgressBoard::Line& line,
                Trace* trace);
};

/// One that trains an EDM-style U-Net; what depends on the design is left to Run.
class UNetRun : public TrainedRun {
 public:
  RunPlan plan(const ImageSet& images, const std::string& digest) const override;
  RunCost try_out(const ImageSet& images, at::Device device) const override;

 protected:
  using TrainedRun::TrainedRun;

  virtual Listing design_settings() const = 0;
  /// The network for these images, without its values.
  virtual UNet shape(const UNetConfig& net, const ImageSet& images) const = 0;
  virtual std::unique_ptr<AnyTrainer> trainer(const UNetConfig& net, const TrainParams& params, const ImageSet& images,
                                              at::Device device) const = 0;
  std::unique_ptr<AnyTrainer> trainer(const ImageSet& images, const RunContext& context) const override {
    return trainer(setup_.net, setup_.train, images, context.device);
  }
  SafeTensors weights(const AnyTrainer& trainer) const override;

 private:
  /// Of a training step of this network, what an image more takes.
  double image_bytes(const UNetConfig& net, const ImageSet& images, at::Device device) const;
  /// Every parameter; `net` as the images have completed it.
  Listing settings(const UNetConfig& net) const;
};

template <class D>
class Run final : public UNetRun {
 public:
  Run(const D& design, const Setup& setup, const std::string& series, const std::string& cell)
      : UNetRun(setup, series, cell), design_(design) {}

  bool set(std::string_view path, std::string_view text) override {
    return choose_by_word(design_, path, text) || try_set_param(design_, path, text);
  }

 private:
  std::string slug() const override { return design_.slug(); }
  Listing design_settings() const override { return list_params(design_); }
  UNet shape(const UNetConfig& net, const ImageSet& images) const override {
    return Trainer<D>::shape(design_, net, images, setup_.train.seed);
  }
  int evaluations() const override { return design_.sampler.evaluations(); }
  std::unique_ptr<AnyTrainer> trainer(const UNetConfig& net, const TrainParams& params, const ImageSet& images,
                                      at::Device device) const override {
    return std::make_unique<Trainer<D>>(design_, net, params, images, device);
  }

  D design_;
};

/// The run of a design: Run, unless its kind of design specialises this.
template <class D>
struct RunFor {
  using type = Run<D>;
};
template <class D>
using RunOf = typename RunFor<D>::type;

}  // namespace diffmem
