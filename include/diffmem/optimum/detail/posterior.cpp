// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/optimum/posterior.hpp>

#include <ATen/ops/cdist_ops.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace diffmem {
namespace {

constexpr std::int64_t kDirect = 2;  // cdist: sums of squared differences, no matrix product

[[noreturn]] void complain(const std::string& got, std::string_view want, std::string_view todo) {
  throw Error("posterior", got, want, todo);
}

/// One pass over the images that `members` names (undefined: all), for noisy images z [n,d] and sigma [n], alpha = 1.
/// Everything is kept relative to the smallest squared distance so far, so no sigma is too small.
/// The mean is [n,d]; score and log_density are the caller's.
Optimum scan(const Tensor& images, const Tensor& members, const Tensor& z, const Tensor& sigma, std::int64_t tile) {
  const Tensor rate = -(sigma.square() * 2.0).reciprocal().unsqueeze(1);  // [n,1]
  Tensor least, nearest, sum, slope, mean;  // [n,1] but mean [n,d];  sum = sum_n e_n,  slope = sum_n e_n log e_n
  const std::int64_t count = members.defined() ? members.size(0) : images.size(0);
  for (std::int64_t first = 0; first < count; first += tile) {
    const std::int64_t size = std::min(tile, count - first);
    const Tensor levels =
        members.defined() ? images.index_select(0, members.narrow(0, first, size)) : images.narrow(0, first, size);
    const Tensor y = levels.to(z.scalar_type()) / 127.5 - 1.0;                          // [t,d]
    const Tensor squared = at::_ops::cdist::call(z, y, 2.0, kDirect).square();          // [n,t]
    const Tensor here = squared.argmin(1, true), here_least = squared.gather(1, here);  // [n,1]
    const Tensor here_nearest = members.defined()
                                    ? members.narrow(0, first, size).index_select(0, here.flatten()).unsqueeze(1)
                                    : here.add(first);
    if (first == 0) {
      least = here_least, nearest = here_nearest;
      sum = zeros_like(least), slope = zeros_like(least), mean = zeros_like(z);
    } else {
      const Tensor nearer = here_least.lt(least);
      const Tensor smaller = here_least.minimum(least), shift = (least - smaller) * rate, scale = shift.exp();
      slope = (slope + sum * shift) * scale, sum = sum * scale, mean = mean * scale;
      nearest = here_nearest.where(nearer, nearest), least = smaller;
    }
    const Tensor logs = (squared - least) * rate, e = logs.exp();  // [n,t]
    sum = sum + e.sum({1}, true);
    slope = slope + (e * logs).sum({1}, true);
    mean = mean + e.matmul(y);
  }
  return {.denoised = mean / sum,
          .score = {},
          .log_sum = (least * rate + sum.log()).flatten(),
          .log_density = {},
          .entropy = (sum.log() - slope / sum).flatten(),
          .max_weight = sum.reciprocal().flatten(),
          .nearest = nearest.flatten()};
}

}  // namespace

Posterior::Posterior(const ImageSet& images, std::vector<std::int64_t> labels, PosteriorOptions options)
    : options_(options), shape_{images.channels, images.height, images.width} {
  images.validate("posterior");
  if (options_.tile < 1) complain(fmt::format("tile {}", options_.tile), "1 or more", "leave it as it is");
  if (options_.dtype != kFloat32 && options_.dtype != kFloat64)
    complain(c10::toString(options_.dtype), "float32 or float64", "choose one of them");
  images_ =
      tensor_of(std::span<const std::uint8_t>(images.pixels), {images.count, images.image_size()}).to(options_.device);
  if (labels.empty()) return;
  if (static_cast<std::int64_t>(labels.size()) != images.count)
    complain(fmt::format("{} labels for {} images", labels.size(), images.count), "one an image, or none",
             "pass the labels the model was trained with");
  std::map<std::int64_t, std::vector<std::int64_t>> by_class;
  for (std::size_t i = 0; i < labels.size(); ++i) by_class[labels[i]].push_back(static_cast<std::int64_t>(i));
  if (by_class.begin()->first < 0)
    complain(fmt::format("label {}", by_class.begin()->first), "labels of 0 or more", "number the classes from 0");
  members_.resize(static_cast<std::size_t>(by_class.rbegin()->first) + 1);
  for (const auto& [label, indices] : by_class)
    members_[static_cast<std::size_t>(label)] = tensor_of(indices).to(options_.device);
}

Optimum Posterior::operator()(const Tensor& z, const Tensor& sigma, const Tensor& alpha, const Tensor& classes) const {
  const at::NoGradGuard no_grad;
  const std::int64_t n = z.dim() == 4 ? z.size(0) : -1;
  if (n < 1 || z.sizes().slice(1) != at::IntArrayRef(shape_))
    complain(fmt::format("images [{}]", fmt::join(z.sizes(), ",")), fmt::format("[N,{}]", fmt::join(shape_, ",")),
             "pass images of the training set's shape");
  const auto per_image = [&](const Tensor& t, std::string_view name) {
    if (t.dim() != 1 || t.size(0) != n)
      complain(fmt::format("{} [{}] for {} images", name, fmt::join(t.sizes(), ","), n), "one number an image",
               "pass a tensor [N]");
    const Tensor numbers = t.to(options_.device, options_.dtype);
    if (!numbers.gt(0.0).all().item().toBool())
      complain(fmt::format("a {} that is not above 0", name), fmt::format("{} > 0", name),
               "give each image a positive one");
    return numbers;
  };
  const Tensor noise = per_image(sigma, "sigma");
  const Tensor signal = alpha.defined() ? per_image(alpha, "alpha") : full({n}, 1, options_.dtype, options_.device);
  const Tensor flat = z.to(options_.device, options_.dtype).flatten(1).contiguous();
  // |z - alpha x|^2 / 2 sigma^2 is |z/alpha - x|^2 / 2 (sigma/alpha)^2.
  const Tensor clean = flat / signal.unsqueeze(1), ratio = noise / signal;

  Optimum o;
  Tensor count = full({n}, static_cast<double>(images_.size(0)), options_.dtype, options_.device);
  if (!classes.defined()) {
    o = scan(images_, {}, clean, ratio, options_.tile);
  } else {
    if (classes.dim() != 1 || classes.size(0) != n)
      complain(fmt::format("classes [{}] for {} images", fmt::join(classes.sizes(), ","), n), "one class an image",
               "pass an int64 tensor [N]");
    std::map<std::int64_t, std::vector<std::int64_t>> rows;  // of z, by class
    const auto wanted = values_of<std::int64_t>(classes);
    for (std::size_t i = 0; i < wanted.size(); ++i) rows[wanted[i]].push_back(static_cast<std::int64_t>(i));
    std::vector<std::int64_t> order;
    std::vector<Optimum> parts;
    for (const auto& [label, some] : rows) {
      const bool there = label >= 0 && label < static_cast<std::int64_t>(members_.size());
      const Tensor members = there ? members_[static_cast<std::size_t>(label)] : Tensor();
      if (!members.defined())
        complain(fmt::format("class {}, which no training image carries", label), "a class of the training set",
                 "an empty class has no optimum: leave it out");
      const Tensor here = tensor_of(some).to(options_.device);
      parts.push_back(scan(images_, members, clean.index_select(0, here), ratio.index_select(0, here), options_.tile));
      count.index_fill_(0, here, static_cast<double>(members.size(0)));
      order.insert(order.end(), some.begin(), some.end());
    }
    const Tensor back = tensor_of(order).argsort().to(options_.device);  // from the classes' order to z's
    const auto joined = [&](Tensor Optimum::* field) {
      Tensors pieces;
      for (const Optimum& part : parts) pieces.push_back(part.*field);
      return cat(pieces).index_select(0, back);
    };
    for (const auto field :
         {&Optimum::denoised, &Optimum::log_sum, &Optimum::entropy, &Optimum::max_weight, &Optimum::nearest})
      o.*field = joined(field);
  }
  o.score = ((o.denoised * signal.unsqueeze(1) - flat) / noise.square().unsqueeze(1)).reshape(z.sizes());
  o.denoised = o.denoised.reshape(z.sizes());
  const double half = 0.5 * static_cast<double>(images_.size(1));
  o.log_density = o.log_sum - count.log() - (noise.square() * (2 * std::numbers::pi)).log() * half;
  return o;
}

}  // namespace diffmem
