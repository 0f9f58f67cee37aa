// SPDX-License-Identifier: MIT
#include <diffmem/sampler/replayed.hpp>

#include <algorithm>

namespace diffmem {

Tensor Replayed::operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels) {
  const auto alike = [](const Tensor& a, const Tensor& b) {
    return a.defined() == b.defined() &&
           (!a.defined() || (a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type()));
  };
  auto found = std::ranges::find_if(
      kept_, [&](const auto& e) { return alike(e->x, x) && alike(e->sigma, sigma) && alike(e->labels, labels); });
  if (found == kept_.end()) {
    if (kept_.size() == 2) kept_.erase(kept_.begin());
    const auto own = [](const Tensor& t) { return t.defined() ? t.clone() : t; };
    kept_.emplace_back(new Evaluation{own(x), own(sigma), own(labels), {}, Recorded(device_, "sampling")});
    found = kept_.end() - 1;
  } else {
    (*found)->x.copy_(x), (*found)->sigma.copy_(sigma);
    if (labels.defined()) (*found)->labels.copy_(labels);
  }
  Evaluation& e = **found;
  e.recorded([&] { e.denoised = denoise_(e.x, e.sigma, e.labels); });
  return e.denoised.clone();
}

}  // namespace diffmem
