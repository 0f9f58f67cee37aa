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
    REQUIRE(largest(heun(Gaussian{}, noise, kAnySigma) - algorithm_2(heun, Gaussian{}, noise)) < 1e-13);
  }
}
