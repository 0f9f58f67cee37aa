// SPDX-License-Identifier: MIT
// Fig. 1a: whatever the sampler and however large the training set, the optimum returns training images.
#include "check.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/optimum/denoiser.hpp>
#include <diffmem/sampler/ddim.hpp>
#include <diffmem/sampler/euler.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/sampler/sde.hpp>

#include <cmath>

using namespace diffmem;

namespace {

constexpr std::int64_t kChannels = 3, kSide = 4, kValues = kChannels * kSide * kSide;

/// Smooth random images: a slope of each colour.
ImageSet slopes(std::int64_t count) {
  ImageSet set{.name = "slopes",
               .count = count,
               .channels = kChannels,
               .height = kSide,
               .width = kSide,
               .pixels = {},
               .labels = {},
               .classes = 0};
  for (std::int64_t i = 0; i < count; ++i) {
    RandomStream random(4, Stream::subset, static_cast<std::uint64_t>(i));
    for (std::int64_t c = 0; c < kChannels; ++c) {
      const double middle = 60 + 135 * random.uniform(), across = 30 * (random.uniform() - 0.5),
                   down = 30 * (random.uniform() - 0.5);
      for (std::int64_t y = 0; y < kSide; ++y)
        for (std::int64_t x = 0; x < kSide; ++x)
          set.pixels.push_back(static_cast<std::uint8_t>(
              std::lround(middle + across * static_cast<double>(x) + down * (static_cast<double>(y) - kSide / 2.0))));
    }
  }
  return set;
}

template <Sampler P>
Memorization sampled(const P& sampler, const ImageSet& set, std::int64_t images) {
  OptimalDenoiser denoise{Posterior(set)};
  const auto made = generate(sampler, denoise, OptimalDenoiser::sigma_range(),
                             {.seed = 6, .images = images, .batch = 50, .shape = {kChannels, kSide, kSide}});
  return memorization(made, set.pixels, kValues);
}

}  // namespace

TEST_CASE("the optimum replicates at every size, by the ODE and by the SDE", "[optimum][sampler][law]") {
  for (const std::int64_t size : {2, 30, 1000, 5000}) {
    const ImageSet set = slopes(size);
    INFO(size << " images");
    // The ODE ends on the nearest image itself, rounded to grey levels.
    for (const Memorization& m : {sampled(Heun{}, set, 100), sampled(Euler{}, set, 100), sampled(Ddim{}, set, 100)}) {
      REQUIRE(m.ratio >= 0.99);
      REQUIRE(m.knn_distance < 0.1);
    }
    // The SDE's last step leaves noise of sqrt(3) sigma_min a value.
    constexpr double kLast = 0.002;
    const Memorization m = sampled(ReverseSde{.levels = {.steps = 400, .sigma_min = kLast}}, set, 50);
    REQUIRE(m.ratio >= 0.98);
    REQUIRE(m.knn_distance < 127.5 * std::sqrt(3.0) * kLast + 0.3);  // 0.3: of rounding
  }
}

TEST_CASE("the ODE's last step lands on the nearest training image", "[optimum][sampler][law]") {
  // Eqs. 40 to 53: z_0 = D*(z_xi, xi), which is NN_1(z_xi / alpha_xi) but for (N-1) exp(-delta / 2 eta^2).
  const ImageSet set = slopes(1000);
  Posterior posterior(set);
  PosteriorMemory memory;
  Tensor last;
  double last_sigma = 0;
  const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor&) {
    last = x.clone(), last_sigma = sigma[0].item().toDouble();
    return posterior(x, sigma, {}, {}, &memory).denoised;
  };
  const Tensor made =
      Euler{}(denoise, image_noise(8, 0, 40, {kChannels, kSide, kSide}), OptimalDenoiser::sigma_range());
  const auto z = values_of<double>(last), x = values_of<double>(made);
  for (std::int64_t i = 0; i < 40; ++i) {
    std::int64_t nearest = 0;
    double d1 = 1e300, d2 = 1e300;
    for (std::int64_t n = 0; n < set.count; ++n) {
      double squared = 0;
      for (std::int64_t k = 0; k < kValues; ++k)
        squared += std::pow(
            z[static_cast<std::size_t>(i * kValues + k)] - (set.image(n)[static_cast<std::size_t>(k)] / 127.5 - 1), 2);
      if (squared < d1)
        d2 = d1, d1 = squared, nearest = n;
      else
        d2 = std::min(d2, squared);
    }
    const double missing = static_cast<double>(set.count - 1) * std::exp(-(d2 - d1) / (2 * last_sigma * last_sigma));
    for (std::int64_t k = 0; k < kValues; ++k)
      REQUIRE(std::abs(x[static_cast<std::size_t>(i * kValues + k)] -
                       (set.image(nearest)[static_cast<std::size_t>(k)] / 127.5 - 1)) <= 2 * missing + 2e-6);
  }
}
