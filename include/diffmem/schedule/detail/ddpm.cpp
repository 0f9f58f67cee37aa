// SPDX-License-Identifier: MIT
#include <diffmem/schedule/ddpm.hpp>

#include <ATen/ops/bucketize_ops.h>

namespace diffmem {

detail::LevelTable::Levels detail::LevelTable::of(const NoiseSteps& steps, at::Device device) const {
  const std::lock_guard guard(mutex_);
  if (!kept_ || kept_->steps != steps || kept_->device != device) {
    const Tensor levels = tensor_of(steps.levels());
    const std::int64_t n = levels.size(0);
    kept_ = {steps,
             device,
             {levels.to(device, kFloat32),
              (levels.narrow(0, 0, n - 1) * levels.narrow(0, 1, n - 1)).sqrt().to(device, kFloat32)}};
  }
  return kept_->levels;
}

Coefficients DdpmSchedule::coefficients(const Tensor& sigma) const {
  const Tensor level = sigma.contiguous(), root = (sigma.square() + 1.0).sqrt(), kept = root.reciprocal();  // sqrt(a)
  const Tensor step = at::_ops::bucketize_Tensor::call(
                          level, table_.of(steps, sigma.device()).middle.to(level.scalar_type()), false, false)
                          .to(sigma.scalar_type());
  switch (prediction) {
    case Prediction::epsilon: return {sigma.mul(0.0).add(1.0), -sigma, kept, step};
    case Prediction::v_prediction: return {kept.square(), -(sigma * kept), kept, step};
    case Prediction::sample: break;
  }
  return {sigma.mul(0.0), sigma.mul(0.0).add(1.0), kept, step};
}

Tensor DdpmSchedule::loss_weight(const Tensor& sigma) const {
  switch (prediction) {
    case Prediction::epsilon: return sigma.square().reciprocal();
    case Prediction::v_prediction: return sigma.square().reciprocal() + 1.0;
    case Prediction::sample: break;
  }
  return sigma.mul(0.0).add(1.0);
}

Tensor DdpmSchedule::training_sigma(const Tensor& u) const {
  const double last = steps.total - 1;
  const Tensor t = (u * static_cast<double>(steps.total)).floor().clamp(0, last).to(kInt64);
  return table_.of(steps, u.device()).sigma.index_select(0, t).to(u.scalar_type());
}

}  // namespace diffmem
