// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/sampler/generate.hpp>
#include <diffmem/sampler/heun.hpp>

#include <cmath>

using namespace diffmem;

namespace {

/// The optimal denoiser of pixels from N(mean, spread^2): its flow is known exactly.
struct Gaussian {
  double mean = 0.1, spread = 0.5;
  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& = {}) const {
    const Tensor s2 = sigma.square().reshape({-1, 1, 1, 1});
    return (s2 * mean + x * (spread * spread)) / (s2 + spread * spread);
  }
  /// Where dx/dsigma = (x - D)/sigma takes x from noise level `high` to 0.
  Tensor at_end(const Tensor& x, double high) const { return (x - mean) * (spread / std::hypot(spread, high)) + mean; }
};
const Shape kShape = {1, 4, 4};

}  // namespace

TEST_CASE("the noise levels fall from sigma_max to sigma_min, then to 0", "[sampler][heun]") {
  const auto grid = rho_grid(18, 0.002, 80, 7);
  REQUIRE(grid.size() == 19);
  REQUIRE(std::abs(grid[0] - 80) < 1e-10);
  REQUIRE(std::abs(grid[17] - 0.002) < 1e-12);
  REQUIRE(grid[18] == 0);
  REQUIRE(std::is_sorted(grid.rbegin(), grid.rend()));
  REQUIRE(rho_grid(1, 0.002, 80, 7).size() == 2);
}

TEST_CASE("image i depends neither on its neighbours nor on the batch, bit for bit", "[sampler][heun]") {
  Heun churned;
  churned.churn = 40, churned.churn_min = 0.05, churned.churn_max = 50, churned.churn_noise = 1.003;
  for (const Heun& heun : {Heun{}, churned}) {
    const Tensor all = heun(Gaussian{}, image_noise(5, 0, 9, kShape), {0.002, 80});
    for (const auto& [first, count] : {std::pair{0, 1}, {1, 3}, {4, 5}, {8, 1}})
      REQUIRE(heun(Gaussian{}, image_noise(5, static_cast<std::uint64_t>(first), count, kShape), {0.002, 80})
                  .equal(all.narrow(0, first, count)));
    REQUIRE_FALSE(heun(Gaussian{}, image_noise(6, 0, 9, kShape), {0.002, 80}).equal(all));

    GenerateOptions options;
    options.seed = 5, options.images = 9, options.batch = 9, options.shape = kShape;
    const auto pixels = generate(heun, Gaussian{}, {0.002, 80}, options);
    options.batch = 4;
    REQUIRE(generate(heun, Gaussian{}, {0.002, 80}, options) == pixels);
    options.first = 3, options.images = 2;
    REQUIRE(generate(heun, Gaussian{}, {0.002, 80}, options) ==
            std::vector<std::uint8_t>(pixels.begin() + 3 * 16, pixels.begin() + 5 * 16));
  }
}

TEST_CASE("twice the steps, a quarter of the error", "[sampler][heun]") {
  // sigma_min small enough that the last, first-order step does not count.
  const Gaussian gaussian;
  double before = 0;
  Tensor coarser;
  for (const int steps : {32, 64, 128, 256}) {
    Heun heun;
    heun.steps = steps, heun.sigma_min = 1e-6, heun.sigma_max = 20;
    const NoiseSource noise = image_noise(2, 0, 4, kShape);
    const Tensor end = heun(gaussian, noise, {0, 1000});
    const double error = (end - gaussian.at_end(noise.latents() * 20.0, 20)).abs().max().item().toDouble();
    INFO(steps << " steps: error " << error << ", before " << before);
    if (steps > 32) {
      REQUIRE(before / error > 3.4);
      REQUIRE(before / error < 4.6);
    }
    if (steps == 256) {  // the errors of a second-order method cancel in (4 fine - coarse)/3
      const Tensor extrapolated = (end * 4.0 - coarser) / 3.0;
      const double left = (extrapolated - gaussian.at_end(noise.latents() * 20.0, 20)).abs().max().item().toDouble();
      INFO("extrapolated: " << left);
      REQUIRE(left < error / 10);
    }
    before = error, coarser = end;
  }
}

TEST_CASE("the denoiser sees float64 levels inside its range, evaluations() times", "[sampler][heun]") {
  const Heun heun;
  int calls = 0;
  double low = 1e9, high = 0;
  const auto counting = [&](const Tensor& x, const Tensor& sigma, const Tensor& labels) {
    ++calls;
    REQUIRE(sigma.scalar_type() == kFloat64);
    REQUIRE(sigma.size(0) == x.size(0));
    REQUIRE_FALSE(labels.defined());
    low = std::min(low, sigma.min().item().toDouble()), high = std::max(high, sigma.max().item().toDouble());
    return Gaussian{}(x, sigma);
  };
  heun(counting, image_noise(1, 0, 2, kShape), {0.01, 5});
  REQUIRE(calls == heun.evaluations());
  REQUIRE(std::abs(low - 0.01) < 1e-12);
  REQUIRE(std::abs(high - 5) < 1e-12);
}

TEST_CASE("churned images keep the law of the data", "[sampler][heun]") {
  Heun heun;
  heun.steps = 60, heun.churn = 30;
  const auto values = values_of<double>(heun(Gaussian{}, image_noise(3, 0, 2000, kShape), {0.002, 80}));
  double mean = 0, square = 0;
  for (const double x : values) mean += x, square += x * x;
  const double n = static_cast<double>(values.size());
  mean /= n;
  REQUIRE(std::abs(mean - 0.1) < 0.02);
  REQUIRE(std::abs(std::sqrt(square / n - mean * mean) - 0.5) < 0.02);
}
