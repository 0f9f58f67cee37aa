// SPDX-License-Identifier: MIT
// A run of the closed-form optimum: nothing is trained, images are sampled by it and measured.
#pragma once
#include <diffmem/optimum/denoiser.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/study/study.hpp>

#include <string>

namespace diffmem {

/// What does not depend on the sampler.
class AnyOptimumRun : public AnyRun {
 public:
  const DataParams& data() const override { return setup_.data; }
  RunPlan plan(const ImageSet& images, const std::string& digest) const override;
  RunCost try_out(const ImageSet& images, at::Device device) const override;
  RunRecord run(const ImageSet& images, const RunPlan& plan, const RunContext& context) override;

 protected:
  AnyOptimumRun(const Setup& setup, std::string series, std::string cell);
  virtual std::string sampler_name() const = 0;
  virtual Listing sampler_settings() const = 0;
  virtual int evaluations() const = 0;
  virtual Tensor sample(OptimalDenoiser& optimum, const NoiseSource& noise) const = 0;

 private:
  GenerateOptions options(const ImageSet& images) const;

  Setup setup_;
  std::string series_, cell_;
};

/// Images of the optimum by the sampler P.  Of the setup, data and sample count, and train.seed, which the noise comes from.
template <Sampler P>
class OptimumRun final : public AnyOptimumRun {
 public:
  OptimumRun(const P& sampler, const Setup& setup, const std::string& series, const std::string& cell)
      : AnyOptimumRun(setup, series, cell), sampler_(sampler) {}

  bool set(std::string_view path, std::string_view text) override {
    return path.starts_with("sampler.") && try_set_param(sampler_, path.substr(8), text);
  }

 private:
  std::string sampler_name() const override { return std::string(sampler_.name); }
  Listing sampler_settings() const override { return list_params(sampler_); }
  int evaluations() const override { return sampler_.evaluations(); }
  Tensor sample(OptimalDenoiser& optimum, const NoiseSource& noise) const override {
    return sampler_(optimum, noise, OptimalDenoiser::sigma_range(), {});
  }

  P sampler_;
};

/// A study of what the optimum generates, by each of `samplers`:
///
///     optimum_study(Study("optimum").question(...), setup, Heun{}, ReverseSde{}).sizes(1000)
template <Sampler... P>
HeldStudy<true> optimum_study(Study&& begun, std::function<Setup(Profile)> held, P... samplers) {
  begun.setup = std::move(held);
  const auto add = [&]<class S>(const S& sampler) {
    begun.variants.push_back({{{"sampler", std::string(S::name)}},
                              [sampler](const Setup& s, const std::string& series, const std::string& cell) {
                                return std::make_unique<OptimumRun<S>>(sampler, s, series, cell);
                              }});
  };
  (add(samplers), ...);
  return {std::move(begun), {}, {}};
}

}  // namespace diffmem
