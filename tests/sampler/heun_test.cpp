// SPDX-License-Identifier: MIT
#include "sampler/samplers.hpp"

#include <cmath>

using namespace diffmem;
using namespace diffmem::testing;

namespace {

const Shape kShape = {1, 4, 4};

/// Karras et al. 2022, Algorithm 2, line by line.
Tensor algorithm_2(const Heun& p, const Gaussian& denoise, const NoiseSource& noise) {
  const std::vector<double> t = rho_grid(p.steps, p.sigma_min, p.sigma_max, p.rho);
  const auto d = [&](const Tensor& x, double sigma) {
    return (x - denoise(x, full({x.size(0)}, sigma, kFloat64))) / sigma;
  };
  Tensor x = noise.latents() * t[0];
  for (std::size_t i = 0; i + 1 < t.size(); ++i) {
    const double gamma =
        t[i] >= p.churn_min && t[i] <= p.churn_max ? std::min(p.churn / p.steps, std::sqrt(2.0) - 1) : 0;
    const double t_hat = t[i] * (1 + gamma);
    const Tensor eps = noise.step_noise(static_cast<std::uint32_t>(i)) * p.churn_noise;
    const Tensor x_hat = x + eps * std::sqrt(t_hat * t_hat - t[i] * t[i]);
    const Tensor d_i = d(x_hat, t_hat);
    x = x_hat + d_i * (t[i + 1] - t_hat);
    if (t[i + 1] != 0) x = x_hat + (d_i * 0.5 + d(x, t[i + 1]) * 0.5) * (t[i + 1] - t_hat);
  }
  return x;
}

}  // namespace

TEST_CASE("Algorithm 2 of Karras et al. 2022", "[sampler][heun]") {
  Heun churned;
  churned.churn = 40, churned.churn_min = 0.05, churned.churn_max = 50, churned.churn_noise = 1.003;
  Heun much;
  much.steps = 7, much.rho = 3, much.churn = 80;
  for (const Heun& heun : {Heun{}, churned, much}) {
    const NoiseSource noise = image_noise(5, 0, 9, kShape);
    const Gaussian data;
    // The flow takes a rounding error at sigma, at most sigma |z| 2^-53, to 0 as it takes sigma |z|: to less than
    // spread |z| 2^-53.  Each side rounds some twenty times a step.
    const double bound = 2 * 20 * heun.steps * data.spread * largest(noise.latents()) * 0x1p-53;
    REQUIRE(largest(heun(data, noise, kAnySigma) - algorithm_2(heun, data, noise)) < bound);
  }
}

TEST_CASE("on Gaussian data, Heun's steps miss the exact flow by what their local errors allow", "[sampler][heun]") {
  // Data of N(0, s^2): the flow's solutions are y(sigma) = c r, r = hypot(s, sigma), so y' = a y with a = sigma/r^2,
  // y'' = c s^2/r^3 and y''' = -3 c s^2 sigma/r^5.  A step down by h that begins on a solution ends above it by
  // h^3 (a y''/4 - y'''/12), a at its end, y'' and y''' somewhere inside: the error of the Euler step that guesses the
  // end, and of the trapezium rule.  Relative to y that is between 0 and h^3 s^2 (sigma + sigma')/(4 r^6), with r at
  // its end sigma'.  The last step, Euler's, takes c r to c s^2/r and not to c s.
  const Gaussian data{.mean = 0};
  const NoiseSource noise = image_noise(6, 0, 3, kShape);
  for (const int steps : {18, 40, 200}) {
    const Heun heun{.steps = steps};
    const std::vector<double> grid = rho_grid(steps, heun.sigma_min, heun.sigma_max, heun.rho);
    double most = 1, r = 0;
    for (std::size_t i = 0; i + 2 < grid.size(); ++i) {
      r = std::hypot(data.spread, grid[i + 1]);
      most *= 1 + std::pow(grid[i] - grid[i + 1], 3) * data.spread * data.spread * (grid[i] + grid[i + 1]) /
                      (4 * std::pow(r, 6));
    }
    const double last = data.spread / r, rounding = 1e-13;
    const Tensor ratio = heun(data, noise, kAnySigma) / data.flow(noise.latents() * heun.sigma_max, heun.sigma_max);
    const double least = ratio.min().item().toDouble(), greatest = ratio.max().item().toDouble();
    INFO(steps << " steps: " << greatest << " of the exact image, at most " << most * last);
    REQUIRE(greatest - least < rounding);
    REQUIRE(least > last - rounding);
    REQUIRE(greatest < most * last + rounding);
  }
}
