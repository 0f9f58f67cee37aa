// SPDX-License-Identifier: MIT
// Noise in a number of fixed steps (Ho et al. 2020): what diffusers calls a scheduler's betas.
#pragma once
#include <diffmem/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>
#include <vector>

namespace diffmem {

/// How beta_t goes from beta_start at t = 0 to beta_end at t = T-1.
enum class Betas {
  linear,             ///< evenly
  scaled_linear,      ///< its square root evenly (Stable Diffusion)
  squaredcos_cap_v2,  ///< alpha_bar(t) = cos^2(pi/2 (t/T + 0.008)/1.008), no beta above 0.999 (Nichol & Dhariwal 2021)
};
inline constexpr std::array<std::string_view, 3> kBetasWords{"linear", "scaled_linear", "squaredcos_cap_v2"};
constexpr const auto& words_of(Betas) { return kBetasWords; }

/// x_t = sqrt(a_t) x + sqrt(1 - a_t) eps with a_t = prod (1 - beta_s), s = 0 ... t: in units of x_t/sqrt(a_t) a noise
/// level sigma_t = sqrt((1 - a_t)/a_t).  Defaults: Stable Diffusion's.
struct NoiseSteps {
  int total = 1000;  ///< T
  double beta_start = 0.00085, beta_end = 0.012;
  Betas betas = Betas::scaled_linear;

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("total", s.total), visit("beta_start", s.beta_start), visit("beta_end", s.beta_end), visit("betas", s.betas);
  }
  friend bool operator==(const NoiseSteps&, const NoiseSteps&) = default;

  void validate(std::string_view who) const {
    need(total >= 1 && total <= 1'000'000, who, "total", total, "1 to 1000000");
    need(beta_start > 0 && beta_start < 1, who, "beta_start", beta_start, "0 < beta_start < 1");
    need(beta_end > 0 && beta_end < 1, who, "beta_end", beta_end, "0 < beta_end < 1");
  }

  /// sigma_t of t = 0 ... T-1, rising.                                                                          -> [T]
  std::vector<double> levels() const {
    std::vector<double> levels;
    double log_kept = 0;  // of a_t
    for (int t = 0; t < total; ++t) {
      log_kept += std::log1p(-beta(t));
      levels.push_back(std::sqrt(std::expm1(-log_kept)));
    }
    return levels;
  }

  double beta(int t) const {
    const double u = total > 1 ? static_cast<double>(t) / (total - 1) : 0;
    switch (betas) {
      case Betas::linear: return beta_start + u * (beta_end - beta_start);
      case Betas::scaled_linear: {
        const double low = std::sqrt(beta_start), root = low + u * (std::sqrt(beta_end) - low);
        return root * root;
      }
      case Betas::squaredcos_cap_v2: break;
    }
    const auto kept = [&](int s) {
      const double cosine = std::cos((static_cast<double>(s) / total + 0.008) / 1.008 * std::numbers::pi / 2);
      return cosine * cosine;
    };
    return std::min(1 - kept(t + 1) / kept(t), 0.999);
  }
};

}  // namespace diffmem
