// SPDX-License-Identifier: MIT
#include <diffmem/core/trace.hpp>
#include <diffmem/sampler/walk.hpp>

namespace diffmem {

Tensor walk(DenoiserRef denoise, const NoiseSource& noise, const Plan& plan, const Tensor& labels) {
  const auto slope = [&](const Tensor& z, const PathPoint& p) {  // dz/dt  [N,C,H,W]
    const Tensor x = p.scale == 1 ? z : z / p.scale;
    const Tensor sigma = full({1}, p.sigma, kFloat64, z.device()).expand({z.size(0)});
    const auto denoised = [&] {
      const Span span("denoiser");
      return denoise(x, sigma, labels);
    };
    Tensor d = (x - denoised().to(kFloat64)) / p.sigma;
    if (const double rate = p.sigma_dot * p.scale; rate != 1) d = d * rate;
    if (p.scale_dot != 0) d = d + z * (p.scale_dot / p.scale);
    return d;
  };
  Tensor z = noise.latents() * plan.start;  // [N,C,H,W]
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const WalkStep& step = plan.steps[i];
    const auto eps = [&] { return noise.step_noise(static_cast<std::uint32_t>(i)); };
    if (step.carry != 1) z = z * step.carry;
    if (step.churn > 0) z = z + eps() * step.churn;
    const Tensor d = slope(z, step.at);
    Tensor next = z + d * step.h;
    if (step.probe) {
      const Tensor trial = step.alpha == 1 ? next : z + d * (step.alpha * step.h);
      const double weight = 0.5 / step.alpha;
      next = z + (d * (1 - weight) + slope(trial, *step.probe) * weight) * step.h;
    }
    z = step.noise > 0 ? next + eps() * step.noise : next;
  }
  return plan.end == 1 ? z : z * plan.end;
}

}  // namespace diffmem
