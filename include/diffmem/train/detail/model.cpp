// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/train/model.hpp>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace diffmem {

AnyModel::~AnyModel() = default;

UNetModel::UNetModel(UNet&& net) : net_(std::move(net)) {}

std::int64_t sampling_batch(const Network& net, at::Device device) {
  if (!device.is_cpu()) return 250;  // not yet measured on a GPU
  // bench/sampling: an evaluation costs as much by itself as 5e7 operations, of small networks; of large ones, where it
  // is the reading of the weights, as a tenth of an image.
  constexpr double kOperations = 5e9, kLeast = 8, kShare = 0.25;
  const double quick = std::max(kLeast, std::ceil(kOperations / net.forward_flops())) * at::get_num_threads(),
               fit = kShare * available_memory() / (sizeof(float) * net.forward_values());
  return static_cast<std::int64_t>(std::clamp(fit, 1.0, quick));
}

Tensor AnyModel::operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels, Dropout* dropout) const {
  const Tensor x32 = x.to(kFloat32);
  // A sampler's noise level is one number for all images, expanded: so are what follows from it and its embedding.
  const Tensor level = sigma.stride(0) == 0 ? sigma.narrow(0, 0, 1) : sigma;
  const Coefficients c = coefficients(level.to(kFloat32));
  return wide(c.c_skip) * x32 + wide(c.c_out) * raw(wide(c.c_in) * x32, c.c_noise, labels, dropout);
}

Tensor UNetModel::network(const Tensor& x, const Tensor& c_noise, const Tensor& labels, Dropout* dropout,
                          const UNet::Watch& watch) const {
  return net_(x, embed(c_noise, frequencies_.to(c_noise.scalar_type()) * unit_), labels, dropout, watch);
}

void UNetModel::embed_by(const Tensor& frequencies, double unit, std::string_view buffer) {
  frequencies_ = frequencies.to(net_.parameters().front().second.device());
  unit_ = unit;
  if (!buffer.empty()) net_.add_buffer(std::string(buffer), frequencies_);  // shared: loading weights sets it
}

}  // namespace diffmem
