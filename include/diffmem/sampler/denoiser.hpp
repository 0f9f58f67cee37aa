// SPDX-License-Identifier: MIT
// Denoiser and Sampler: the one seam between what removes noise and what makes images from it.
#pragma once
#include <diffmem/core/policy.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/core/tensor.hpp>
#include <diffmem/core/trace.hpp>

#include <functional>
#include <memory>
#include <type_traits>

namespace diffmem {

/// D(x [N,C,H,W], sigma [N], labels int64 [N] or undefined) -> E[x0 | x] [N,C,H,W].  A network, the closed-form
/// optimum, or a toy in a test.
template <class D>
concept Denoiser = requires(D& d, const Tensor& x, const Tensor& sigma, const Tensor& labels) {
  { d(x, sigma, labels) } -> std::same_as<Tensor>;
};

/// A Denoiser seen from a sampler, by address: the body of a sampler is compiled once, not once for every network type.
/// It must not outlive the denoiser; made at a call, it lives as long as the call.
class DenoiserRef {
 public:
  template <class D>
    requires(!std::same_as<std::remove_cvref_t<D>, DenoiserRef> && Denoiser<std::remove_reference_t<D>>)
  DenoiserRef(D&& denoise)  // implicit: any Denoiser may stand where one is wanted
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(denoise)))),
        call_([](void* object, const Tensor& x, const Tensor& sigma, const Tensor& labels) -> Tensor {
          return (*static_cast<std::remove_reference_t<D>*>(object))(x, sigma, labels);
        }) {}

  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& labels) const {
    return call_(object_, x, sigma, labels);
  }

 private:
  void* object_;
  Tensor (*call_)(void*, const Tensor&, const Tensor&, const Tensor&);
};
static_assert(Denoiser<const DenoiserRef>);

/// Where a sampler gets random numbers: the images' own streams, so that image i does not depend on its neighbours.
/// latents() -> float64 [N,C,H,W];  step_noise(i) -> the same shape, for sampler step i.
struct NoiseSource {
  std::function<Tensor()> latents;
  std::function<Tensor(std::uint32_t step)> step_noise;
};

/// The noise of images first ... first+count-1 of a seed, made on the host and put on `device`; `shape` is [C,H,W].
inline NoiseSource image_noise(std::uint64_t seed, std::uint64_t first, std::int64_t count, const Shape& shape,
                               at::Device device = at::kCPU) {
  const auto draw = [=](Stream stream, std::uint32_t sub) {
    const Span span("noise");
    std::int64_t size = 1;
    for (const std::int64_t side : shape) size *= side;
    std::vector<double> values(static_cast<std::size_t>(count * size));
    for (std::int64_t i = 0; i < count; ++i)
      RandomStream(seed, stream, first + static_cast<std::uint64_t>(i), sub)
          .fill_normal(std::span(values).subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size)));
    Shape full_shape = {count};
    full_shape.insert(full_shape.end(), shape.begin(), shape.end());
    return tensor_of(std::span<const double>(values), full_shape).to(device);
  };
  return {[draw] { return draw(Stream::sample_latent, 0); },
          [draw](std::uint32_t step) { return draw(Stream::sample_churn, step); }};
}

/// The range of noise levels a denoiser accepts; samplers clamp their grids to it.
struct SigmaRange {
  double min = 0, max = 0;
};

template <class S>
concept MakesImages = requires(const S s, DenoiserRef denoise, const NoiseSource& noise, const Tensor& labels) {
  { s(denoise, noise, SigmaRange{}, labels) } -> std::same_as<Tensor>;
};
template <class S>
concept CountsEvaluations = requires(const S s) {
  { s.evaluations() } -> std::convertible_to<int>;
};
/// A sampler: sampler(denoiser, noise source, sigma range, labels) -> images, and its evaluations per image.
template <class S>
concept Sampler = Policy<S, Role::sampler> && MakesImages<S> && CountsEvaluations<S>;

}  // namespace diffmem
