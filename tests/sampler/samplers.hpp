// SPDX-License-Identifier: MIT
// What the samplers' tests share: denoisers whose answer is known, and every sampler as a type.
#pragma once
#include "check.hpp"

#include <diffmem/sampler/ablation.hpp>
#include <diffmem/sampler/ddim.hpp>
#include <diffmem/sampler/euler.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/sampler/sde.hpp>

#include <cmath>
#include <tuple>

namespace diffmem::testing {

/// The optimal denoiser of values from N(mean, spread^2): linear, and its flow is known exactly.
struct Gaussian {
  double mean = 0.1, spread = 0.5;
  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& = {}) const {
    const Tensor s2 = wide(sigma.square());
    return (s2 * mean + x * (spread * spread)) / (s2 + spread * spread);
  }
  /// Where dx/dsigma = (x - D)/sigma takes x from noise level `high` to `low`.
  Tensor flow(const Tensor& x, double high, double low = 0) const {
    return (x - mean) * (std::hypot(spread, low) / std::hypot(spread, high)) + mean;
  }
};

/// The optimal denoiser of a few images (Eq. 31).
struct Optimum {
  Tensor images;  ///< [M,C,H,W]
  Tensor operator()(const Tensor& x, const Tensor& sigma, const Tensor& = {}) const {
    const Tensor d2 = (x.flatten(1).unsqueeze(1) - images.flatten(1).unsqueeze(0)).square().sum({2});  // [N,M]
    const Tensor weight = (d2 / (sigma.square().unsqueeze(1) * -2.0)).softmax(1, std::nullopt);
    return weight.matmul(images.flatten(1)).reshape(x.sizes());
  }
};

inline double largest(const Tensor& t) { return t.abs().max().item().toDouble(); }

// A sampler with its settings, as a type.  make(steps); noisy: whether it adds fresh noise.
struct PlainHeun {
  static constexpr bool noisy = false;
  static Heun make(int steps) { return {.steps = steps}; }
};
struct ChurnedHeun {
  static constexpr bool noisy = true;
  static Heun make(int steps) {
    return {.steps = steps, .churn = 30, .churn_min = 0.05, .churn_max = 50, .churn_noise = 1.003};
  }
};
struct PlainEuler {
  static constexpr bool noisy = false;
  static Euler make(int steps) { return {.levels = {.steps = steps}}; }
};
struct PlainDdim {
  static constexpr bool noisy = false;
  static Ddim make(int steps) { return {.levels = {.grid = Grid::vp, .steps = steps}}; }
};
struct Ddpm {
  static constexpr bool noisy = true;
  static Ddim make(int steps) { return {.levels = {.grid = Grid::vp, .steps = steps}, .eta = 1}; }
};
struct VpSde {
  static constexpr bool noisy = true;
  static ReverseSde make(int steps) { return {.levels = {.steps = steps}}; }
};
struct VeSde {
  static constexpr bool noisy = true;
  static ReverseSde make(int steps) { return {.levels = {.steps = steps}, .scaling = Scaling::none}; }
};
template <Solver S, Grid G, Path P, Scaling C, int AlphaPercent = 100>
struct Ablated {
  static constexpr bool noisy = false;
  static Ablation make(int steps) {
    return {.solver = S,
            .alpha = AlphaPercent / 100.0,
            .levels = {.grid = G, .steps = steps, .m = 10'000},
            .path = P,
            .scaling = C};
  }
};
using HeunOnVp = Ablated<Solver::heun, Grid::vp, Path::vp, Scaling::vp>;
using EulerOnVp = Ablated<Solver::euler, Grid::vp, Path::vp, Scaling::vp>;
using HeunOnVe = Ablated<Solver::heun, Grid::ve, Path::ve, Scaling::none>;
using EulerOnVe = Ablated<Solver::euler, Grid::ve, Path::ve, Scaling::none>;
using HeunOnIddpm = Ablated<Solver::heun, Grid::iddpm, Path::linear, Scaling::none>;
using ScaledHeun = Ablated<Solver::heun, Grid::edm, Path::linear, Scaling::vp>;
using Ralston = Ablated<Solver::heun, Grid::edm, Path::linear, Scaling::none, 66>;
using MidpointOnVp = Ablated<Solver::heun, Grid::vp, Path::vp, Scaling::none, 50>;
struct ChurnedAblation {
  static constexpr bool noisy = true;
  static Ablation make(int steps) {
    return {.alpha = 0.5,
            .levels = {.grid = Grid::vp, .steps = steps},
            .path = Path::vp,
            .scaling = Scaling::vp,
            .churn = {.amount = 20, .min = 0.05, .max = 50, .noise = 1.003}};
  }
};

using EverySampler = std::tuple<PlainHeun, ChurnedHeun, PlainEuler, PlainDdim, Ddpm, VpSde, VeSde, HeunOnVp, EulerOnVp,
                                HeunOnVe, EulerOnVe, HeunOnIddpm, ScaledHeun, Ralston, MidpointOnVp, ChurnedAblation>;

/// A range that clamps no sampler's grid.
inline constexpr SigmaRange kAnySigma{0, std::numeric_limits<double>::infinity()};

}  // namespace diffmem::testing
