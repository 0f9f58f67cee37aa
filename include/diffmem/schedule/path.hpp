// SPDX-License-Identifier: MIT
// Noise paths: how the noise level and the scale of z = s(t) (x + sigma(t) eps) follow time.  Samplers step along them
// in float64 scalars (Karras et al. 2022, Table 1).
#pragma once
#include <diffmem/core/error.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace diffmem {

/// sigma(t), its derivative sigma_dot(t), and time(sigma), the inverse of sigma(t); t > 0, sigma(0) = 0.
template <class P>
concept NoisePath = requires(const P path, double v) {
  { path.sigma(v) } -> std::same_as<double>;
  { path.sigma_dot(v) } -> std::same_as<double>;
  { path.time(v) } -> std::same_as<double>;
};

/// sigma = t (EDM, DDIM, iDDPM).
struct LinearPath {
  double sigma(double t) const { return t; }
  double sigma_dot(double) const { return 1; }
  double time(double sigma) const { return sigma; }
};
static_assert(NoisePath<LinearPath>);

/// sigma = sqrt(t) (VE).
struct VePath {
  double sigma(double t) const { return std::sqrt(t); }
  double sigma_dot(double t) const { return 0.5 / std::sqrt(t); }
  double time(double sigma) const { return sigma * sigma; }
};
static_assert(NoisePath<VePath>);

/// sigma = sqrt(exp(beta_d t^2/2 + beta_min t) - 1) (VP).
struct VpPath {
  double beta_d = 19.9;   ///< slope of the noise rate      [1 / unit time^2]
  double beta_min = 0.1;  ///< noise rate at t = 0          [1 / unit time]

  /// The path with sigma(epsilon) = sigma_min and sigma(1) = sigma_max.  Error if it does not rise all the way: the two
  /// are then too near each other.
  static VpPath through(double epsilon, double sigma_min, double sigma_max) {
    const double low = std::log1p(sigma_min * sigma_min), high = std::log1p(sigma_max * sigma_max);
    const double slope = 2 * (low / epsilon - high) / (epsilon - 1);
    const VpPath path{.beta_d = slope, .beta_min = high - 0.5 * slope};
    if (!(path.beta_min + slope * epsilon > 0 && path.beta_min + slope > 0))
      throw Error("vp path",
                  "sigma " + std::to_string(sigma_min) + " at time " + std::to_string(epsilon) + " and " +
                      std::to_string(sigma_max) + " at time 1",
                  "levels between which it rises",
                  "widen the sampler's range of sigma, or choose another grid and path");
    return path;
  }
  double sigma(double t) const { return std::sqrt(std::expm1(0.5 * beta_d * t * t + beta_min * t)); }
  double sigma_dot(double t) const { return 0.5 * (beta_min + beta_d * t) * (sigma(t) + 1 / sigma(t)); }
  double time(double sigma) const {  // the root of the quadratic in t, written without cancellation
    const double log = std::log1p(sigma * sigma);
    return 2 * log / (std::sqrt(beta_min * beta_min + 2 * beta_d * log) + beta_min);
  }
};
static_assert(NoisePath<VpPath>);

/// s(t) as a function of sigma(t): 1, or 1/sqrt(1 + sigma^2), which holds the variance of unit-variance data.
enum class Scaling { none, vp };
inline constexpr std::array<std::string_view, 2> kScalingWords{"none", "vp"};
constexpr const auto& words_of(Scaling) { return kScalingWords; }

/// s at noise level sigma.
inline double scale_at(Scaling scaling, double sigma) {
  return scaling == Scaling::vp ? 1 / std::sqrt(1 + sigma * sigma) : 1;
}

/// Where a path is at one time: sigma, s, and their derivatives by time.
struct PathPoint {
  double sigma = 0, sigma_dot = 1, scale = 1, scale_dot = 0;
};

template <NoisePath P>
PathPoint point_of(const P& path, Scaling scaling, double t) {
  const double sigma = path.sigma(t), sigma_dot = path.sigma_dot(t), s = scale_at(scaling, sigma);
  return {sigma, sigma_dot, s, scaling == Scaling::vp ? -sigma * sigma_dot * s * s * s : 0};
}

}  // namespace diffmem
