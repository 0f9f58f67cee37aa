// SPDX-License-Identifier: MIT
// A run that fine-tunes Stable Diffusion: the training, sampling and measuring of every run, in latent space.
#pragma once
#include <diffmem/stable/design.hpp>
#include <diffmem/stable/scheduler.hpp>
#include <diffmem/stable/trainer.hpp>
#include <diffmem/study/run.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diffmem {

/// What does not depend on the design.
class AnyStableRun : public TrainedRun {
 public:
  RunPlan plan(const ImageSet& images, const std::string& digest) const override;
  RunCost try_out(const ImageSet& images, at::Device device) const override;

 protected:
  using TrainedRun::TrainedRun;

  virtual Listing design_settings() const = 0;
  virtual const stable::Pretrained& pretrained() const = 0;
  virtual std::vector<std::string> prompts(const ImageSet& images) const = 0;
  /// A trainer of these settings from this material; `scheduler`: the model folder's, if there is one.
  virtual std::unique_ptr<AnyTrainer> trainer(stable::Material material,
                                              const std::optional<stable::SchedulerConfig>& scheduler,
                                              const TrainParams& params, const ImageSet& images,
                                              at::Device device) const = 0;
  std::unique_ptr<AnyTrainer> trainer(const ImageSet& images, const RunContext& context) const override;
  SafeTensors weights(const AnyTrainer& trainer) const override;

 private:
  /// The U-Net of that folder, of the recipe, or, where there is no folder, Stable Diffusion 1.5's for these images.
  stable::UNetConfig config(const ImageSet& images) const;
};

template <class D>
class StableRun final : public AnyStableRun {
 public:
  StableRun(const D& design, const Setup& setup, const std::string& series, const std::string& cell)
      : AnyStableRun(setup, series, cell), design_(design) {}

  bool set(std::string_view path, std::string_view text) override {
    return choose_by_word(design_, path, text) || try_set_param(design_, path, text);
  }
  std::string unfit(const ImageSet& images) const override try {
    design_.condition.training_labels(images, 0), design_.condition.prompts(images);
    return {};
  } catch (const Error& e) {
    return e.what();
  }

 private:
  std::string slug() const override { return design_.slug(); }
  Listing design_settings() const override { return list_params(design_); }
  const stable::Pretrained& pretrained() const override { return design_.family; }
  std::vector<std::string> prompts(const ImageSet& images) const override { return design_.condition.prompts(images); }
  int evaluations() const override { return design_.sampler.evaluations(); }
  std::unique_ptr<AnyTrainer> trainer(stable::Material material,
                                      const std::optional<stable::SchedulerConfig>& scheduler,
                                      const TrainParams& params, const ImageSet& images,
                                      at::Device device) const override {
    D design = design_;
    if (scheduler) scheduler->tell(design.schedule, design.sampler);
    return std::make_unique<stable::LatentTrainer<D>>(design, std::move(material), params, images, device);
  }

  D design_;
};

template <class F, class S, class C, class P>
struct RunFor<stable::PromptDesign<F, S, C, P>> {
  using type = StableRun<stable::PromptDesign<F, S, C, P>>;
};

}  // namespace diffmem
