// SPDX-License-Identifier: MIT
// EDM's sampler: Heun's second-order steps of the probability-flow ODE with optional churn (Karras et al. 2022,
// Algorithm 2), in float64; the denoiser is called with float32 copies.
#pragma once
#include <diffmem/sampler/denoiser.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace diffmem {

/// Noise levels sigma_i = (max^(1/rho) + i/(n-1) (min^(1/rho) - max^(1/rho)))^rho, i = 0 ... n-1, then 0.   -> n+1 values
inline std::vector<double> rho_grid(int n, double sigma_min, double sigma_max, double rho) {
  const double high = std::pow(sigma_max, 1 / rho), low = std::pow(sigma_min, 1 / rho);
  std::vector<double> grid;
  for (int i = 0; i < n; ++i) grid.push_back(std::pow(high + (n > 1 ? double(i) / (n - 1) : 0.0) * (low - high), rho));
  grid.push_back(0);
  return grid;
}

/// Deterministic by default: 18 steps, 35 evaluations of the denoiser.
struct Heun {
  static constexpr Role role = Role::sampler;
  static constexpr std::string_view name = "heun";

  int steps = 18;            ///< noise levels above 0
  double sigma_min = 0.002;  ///< lowest of them
  double sigma_max = 80;     ///< highest of them
  double rho = 7;            ///< how strongly they crowd towards sigma_min
  double churn = 0;          ///< S_churn: how much fresh noise is added over all steps
  double churn_min = 0;      ///< S_min: add noise only at sigma >= this
  double churn_max = std::numeric_limits<double>::infinity();  ///< S_max: and only at sigma <= this
  double churn_noise = 1;                                      ///< S_noise: standard deviation of the fresh noise

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("steps", s.steps), visit("sigma_min", s.sigma_min), visit("sigma_max", s.sigma_max), visit("rho", s.rho);
    visit("churn", s.churn), visit("churn_min", s.churn_min), visit("churn_max", s.churn_max),
        visit("churn_noise", s.churn_noise);
  }

  /// Evaluations of the denoiser per image.
  int evaluations() const { return 2 * steps - 1; }

  /// Images from noise.  `range` clamps the grid to what the denoiser accepts.            -> float64 [N,C,H,W], about [-1,1]
  template <Denoiser D>
  Tensor operator()(D&& denoise, const NoiseSource& noise, SigmaRange range, const Tensor& labels = {}) const {
    const std::vector<double> t = rho_grid(steps, std::max(sigma_min, range.min), std::min(sigma_max, range.max), rho);
    const auto slope = [&](const Tensor& x, double sigma) {  // dx/dsigma  [N,C,H,W]
      return (x - denoise(x, full({x.size(0)}, sigma, kFloat64, x.device()), labels).to(kFloat64)) / sigma;
    };
    Tensor x = noise.latents() * t[0];  // [N,C,H,W]
    for (std::size_t i = 0; i + 1 < t.size(); ++i) {
      const bool churns = churn > 0 && t[i] >= churn_min && t[i] <= churn_max;
      const double gamma = churns ? std::min(churn / steps, std::sqrt(2.0) - 1) : 0;
      const double t_hat = t[i] * (1 + gamma), h = t[i + 1] - t_hat;
      if (gamma > 0)
        x = x +
            noise.step_noise(static_cast<std::uint32_t>(i)) * (std::sqrt(t_hat * t_hat - t[i] * t[i]) * churn_noise);
      const Tensor d = slope(x, t_hat);
      Tensor next = x + d * h;
      if (t[i + 1] > 0) next = x + (d + slope(next, t[i + 1])) * (0.5 * h);
      x = next;
    }
    return x;
  }
};

static_assert(Sampler<Heun>);

}  // namespace diffmem
