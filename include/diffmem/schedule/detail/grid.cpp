// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/schedule/grid.hpp>
#include <diffmem/schedule/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

namespace diffmem {
namespace {

constexpr const char* kWho = "sampling grid";
constexpr int kMostLevels = 1'000'000;

void expect_levels(int n, double sigma_min, double sigma_max) {
  if (n < 1 || n > kMostLevels)
    throw Error(kWho, fmt::format("{} noise levels", n), fmt::format("1 or more, {} at most", kMostLevels),
                "correct the sampler's steps");
  if (!(sigma_min > 0 && sigma_min < sigma_max && std::isfinite(sigma_max)))
    throw Error(kWho, fmt::format("sigma_min {} and sigma_max {}", sigma_min, sigma_max),
                "0 < sigma_min < sigma_max < infinity, after both are clamped to the denoiser's range",
                "correct the sampler's sigma_min and sigma_max");
}

/// level(u) at u = 0, 1/(n-1), ..., 1, then 0.
template <class Level>
std::vector<double> grid_of(int n, Level&& level) {
  std::vector<double> grid;
  for (int i = 0; i < n; ++i) grid.push_back(level(n > 1 ? double(i) / (n - 1) : 0.0));
  grid.push_back(0);
  return grid;
}

}  // namespace

std::vector<double> rho_grid(int n, double sigma_min, double sigma_max, double rho) {
  expect_levels(n, sigma_min, sigma_max);
  need(rho > 0, kWho, "rho", rho, "more than 0");
  const double high = std::pow(sigma_max, 1 / rho), low = std::pow(sigma_min, 1 / rho);
  return grid_of(n, [&](double u) { return std::pow(high + u * (low - high), rho); });
}

std::vector<double> vp_grid(int n, double sigma_min, double sigma_max, double epsilon) {
  expect_levels(n, sigma_min, sigma_max);
  need(epsilon > 0 && epsilon < 1, kWho, "epsilon", epsilon, "0 < epsilon < 1");
  const VpPath path = VpPath::through(epsilon, sigma_min, sigma_max);
  return grid_of(n, [&](double u) { return path.sigma(1 + u * (epsilon - 1)); });
}

std::vector<double> ve_grid(int n, double sigma_min, double sigma_max) {
  expect_levels(n, sigma_min, sigma_max);
  return grid_of(n, [&](double u) { return sigma_max * std::pow(sigma_min / sigma_max, u); });
}

std::vector<double> iddpm_grid(int n, double sigma_min, double sigma_max, double c1, double c2, int m) {
  expect_levels(n, sigma_min, sigma_max);
  need(m > 0 && m <= kMostLevels, kWho, "m", m, fmt::format("1 to {}", kMostLevels));
  need(c1 > 0, kWho, "c1", c1, "more than 0");
  need(c2 >= 0, kWho, "c2", c2, "0 or more");
  const auto a = [&](int j) {
    const double sine = std::sin(std::numbers::pi * j / (2 * m * (c2 + 1)));
    return sine * sine;
  };
  std::vector<double> levels;  // rising
  double u = 0;
  for (int j = m; j > 0; --j) {
    u = std::sqrt((u * u + 1) / std::max(a(j - 1) / a(j), c1) - 1);
    if (u >= sigma_min && u <= sigma_max) levels.push_back(u);
  }
  const auto count = static_cast<int>(levels.size());
  if (n > count)
    throw Error("sampling grid iddpm", fmt::format("{} steps", n),
                fmt::format("at most {}, the noise levels between {} and {}", count, sigma_min, sigma_max),
                "lower the sampler's steps or raise m");
  std::vector<double> grid;
  for (int i = 0; i < n; ++i) {
    const double place = n > 1 ? double(count - 1) / (n - 1) * i : 0.0;  // counted from the highest; half to even
    grid.push_back(levels[static_cast<std::size_t>(count - 1 - std::lrint(place))]);
  }
  grid.push_back(0);
  return grid;
}

}  // namespace diffmem
