// SPDX-License-Identifier: MIT
// The samplers against the paper's equations, written out in z = alpha (x + sigma eps) with nothing cancelled.
#include "sampler/samplers.hpp"

using namespace diffmem;
using namespace diffmem::testing;

namespace {

const Shape kShape = {2, 3, 5};
constexpr std::int64_t kImages = 7;

NoiseSource noise() { return image_noise(8, 0, kImages, kShape); }
/// 11 images; not linear, so an error in one step is felt by all later ones.
Optimum optimum() { return {image_noise(9, 0, 11, kShape).latents() * 0.5}; }

/// alpha and the paper's sigma at each noise level of a grid, variance-preserving.
struct AlphaSigma {
  explicit AlphaSigma(const std::vector<double>& level) {
    for (const double l : level) alpha.push_back(1 / std::sqrt(1 + l * l)), sigma.push_back(l / std::sqrt(1 + l * l));
  }
  std::vector<double> alpha, sigma;
};

/// D(z, t) of the paper: the denoiser at z/alpha and sigma/alpha.
Tensor denoised(const Optimum& d, const Tensor& z, double alpha, double sigma) {
  return d(z / alpha, full({z.size(0)}, sigma / alpha, kFloat64));
}
/// Eq. 29.
Tensor score(const Optimum& d, const Tensor& z, double alpha, double sigma) {
  return -(z - denoised(d, z, alpha, sigma) * alpha) / (sigma * sigma);
}

}  // namespace

TEST_CASE("Eqs. 39, 40: Euler's steps are DDIM's steps, to 1e-12", "[sampler]") {
  const Grid grid = GENERATE(Grid::edm, Grid::vp, Grid::ve);
  const NoiseLevels levels{.grid = grid, .steps = 13};
  const auto [a, s] = AlphaSigma(levels.within(kAnySigma));
  const Optimum d = optimum();

  Tensor by_score = noise().latents() * s[0], by_noise = by_score;
  for (std::size_t i = 0; i + 1 < a.size(); ++i) {
    const double kappa = s[i] * s[i + 1] - a[i + 1] * s[i] * s[i] / a[i];
    by_score = by_score * (a[i + 1] / a[i]) - score(d, by_score, a[i], s[i]) * kappa;  // Eq. 39
    const Tensor x0 = denoised(d, by_noise, a[i], s[i]);
    const Tensor eps = (by_noise - x0 * a[i]) / s[i];
    by_noise = x0 * a[i + 1] + eps * s[i + 1];  // Song et al. 2021a, Eq. 12 with eta = 0
  }
  REQUIRE(largest(by_score - by_noise) < 1e-12);
  REQUIRE(largest(Euler{.levels = levels}(d, noise(), kAnySigma) - by_score) < 1e-12);
  REQUIRE(largest(Ddim{.levels = levels}(d, noise(), kAnySigma) - by_noise) < 1e-12);
}

TEST_CASE("DDIM with eta is Song et al. 2021a's Eqs. 12 and 16", "[sampler]") {
  const double eta = GENERATE(0.3, 1.0);
  const NoiseLevels levels{.grid = Grid::vp, .steps = 13};
  const auto [a, s] = AlphaSigma(levels.within(kAnySigma));
  const Optimum d = optimum();
  Tensor z = noise().latents() * s[0];
  for (std::size_t i = 0; i + 1 < a.size(); ++i) {
    const double ratio = a[i] / a[i + 1], tau = eta * (s[i + 1] / s[i]) * std::sqrt(1 - ratio * ratio);
    const Tensor x0 = denoised(d, z, a[i], s[i]), eps = (z - x0 * a[i]) / s[i];
    z = x0 * a[i + 1] + eps * std::sqrt(s[i + 1] * s[i + 1] - tau * tau) +
        noise().step_noise(static_cast<std::uint32_t>(i)) * tau;
  }
  REQUIRE(largest(Ddim{.levels = levels, .eta = eta}(d, noise(), kAnySigma) - z) < 1e-12);
}

TEST_CASE("Eqs. 54, 56: the reverse SDE's steps, with the noise corrected", "[sampler]") {
  const Grid grid = GENERATE(Grid::edm, Grid::vp);
  const NoiseLevels levels{.grid = grid, .steps = 29};
  const auto [a, s] = AlphaSigma(levels.within(kAnySigma));
  const Optimum d = optimum();
  Tensor z = noise().latents() * s[0], before;
  for (std::size_t i = 0; i + 1 < a.size(); ++i) {
    const double kappa = s[i] * s[i + 1] - a[i + 1] * s[i] * s[i] / a[i];
    before = z;
    z = z * (a[i + 1] / a[i]) - score(d, z, a[i], s[i]) * (2 * kappa) +
        noise().step_noise(static_cast<std::uint32_t>(i)) * std::sqrt(-2 * kappa);
  }
  REQUIRE(largest(ReverseSde{.levels = levels}(d, noise(), kAnySigma) - z) < 1e-11 * largest(z));

  // Eq. 56's right-hand side, from the last state.
  const std::size_t n = a.size() - 2;
  const Tensor last = denoised(d, before, a[n], s[n]) * 2.0 - before / a[n] +
                      noise().step_noise(static_cast<std::uint32_t>(n)) * std::sqrt(2 * s[n] * s[n] / a[n]);
  REQUIRE(largest(last - z) < 1e-11);
}

TEMPLATE_LIST_TEST_CASE("Eqs. 42, 53, 58: the optimum's images are training images", "[sampler]", EverySampler) {
  const Optimum d = optimum();
  const auto sampler = TestType::make(60);
  const Tensor images = sampler(d, noise(), kAnySigma);
  const Tensor distance =
      (images.flatten(1).unsqueeze(1) - d.images.flatten(1).unsqueeze(0)).square().mean({2}).sqrt();  // [N,11], rms
  const double worst = std::get<0>(distance.min(1)).max().item().toDouble();

  // The last step's share of z in z'.  Where the path bends, or the SDE adds noise, that step ends near D, not on it.
  const WalkStep last = sampler.plan(kAnySigma).steps.back();
  const double kept = 1 + last.h * (last.at.sigma_dot / last.at.sigma + last.at.scale_dot / last.at.scale);
  const bool lands = std::abs(kept) < 1e-12 && last.noise == 0;
  INFO("rms to the nearest training image " << worst << ", last sigma " << last.at.sigma);
  REQUIRE(worst < (lands ? 1e-9 : 2.5 * last.at.sigma));
}

TEST_CASE("edm_sampler and the ablation sampler with EDM's words are one", "[sampler]") {
  const Churn churn{.amount = 40, .min = 0.05, .max = 50, .noise = 1.003};
  const Heun heun{.churn = churn.amount, .churn_min = churn.min, .churn_max = churn.max, .churn_noise = churn.noise};
  REQUIRE(heun(optimum(), noise(), kAnySigma).equal(Ablation{.churn = churn}(optimum(), noise(), kAnySigma)));
}
