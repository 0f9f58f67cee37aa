// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/schedule/grid.hpp>
#include <diffmem/schedule/path.hpp>

#include <cmath>
#include <functional>
#include <numbers>

using namespace diffmem;

namespace {

using Make = std::function<std::vector<double>(int n, double low, double high)>;
struct Named {
  std::string name;
  Make make;
};
const std::vector<Named>& grids() {
  static const std::vector<Named> all = {{"rho", [](int n, double a, double b) { return rho_grid(n, a, b, 7); }},
                                         {"rho 1", [](int n, double a, double b) { return rho_grid(n, a, b, 1); }},
                                         {"vp", [](int n, double a, double b) { return vp_grid(n, a, b); }},
                                         {"ve", [](int n, double a, double b) { return ve_grid(n, a, b); }},
                                         {"iddpm", [](int n, double a, double b) { return iddpm_grid(n, a, b); }}};
  return all;
}

/// The largest distance of v from the line through its ends, over the length of the line.
double bend(const std::vector<double>& v) {
  double most = 0;
  const auto last = static_cast<double>(v.size() - 1);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double line = v.front() + (v.back() - v.front()) * static_cast<double>(i) / last;
    most = std::max(most, std::abs(v[i] - line) / std::abs(v.back() - v.front()));
  }
  return most;
}

/// The levels above 0, each through f.
template <class F>
std::vector<double> mapped(const std::vector<double>& grid, F&& f) {
  std::vector<double> result;
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) result.push_back(f(grid[i]));
  return result;
}

}  // namespace

TEST_CASE("grids fall strictly from sigma_max to sigma_min, then to 0", "[schedule]") {
  for (const auto& [name, make] : grids())
    for (const auto& [low, high] : {std::pair{0.002, 80.0}, {0.02, 100.0}, {0.3, 0.5}})
      for (const int n : {1, 2, 18, 41}) {
        INFO(name << ", " << n << " levels in " << low << " ... " << high);
        const auto grid = make(n, low, high);
        REQUIRE(grid.size() == static_cast<std::size_t>(n) + 1);
        REQUIRE(grid.back() == 0);
        for (std::size_t i = 1; i < grid.size(); ++i) REQUIRE(grid[i] < grid[i - 1]);
        const double slack = name == "iddpm" ? 0.15 : 1e-11;  // the ends are levels of a table
        REQUIRE(std::abs(grid[0] / high - 1) < slack);
        if (n > 1) REQUIRE(std::abs(grid[static_cast<std::size_t>(n) - 1] / low - 1) < slack);
      }
}

TEST_CASE("each grid is even in its own coordinate", "[schedule]") {
  REQUIRE(bend(mapped(rho_grid(23, 0.002, 80, 7), [](double s) { return std::pow(s, 1.0 / 7); })) < 1e-14);
  REQUIRE(bend(mapped(rho_grid(23, 0.002, 80, 2), [](double s) { return std::sqrt(s); })) < 1e-14);
  REQUIRE(bend(mapped(ve_grid(23, 0.02, 100), [](double s) { return std::log(s); })) < 1e-14);
  const VpPath path = VpPath::through(0.01, 0.002, 80);
  REQUIRE(bend(mapped(vp_grid(23, 0.002, 80, 0.01), [&](double s) { return path.time(s); })) < 1e-13);
}

TEST_CASE("iddpm: the levels are those of the cosine schedule", "[schedule]") {
  // Where c1 does not bind, the recursion telescopes to u_j^2 + 1 = a_m / a_j.
  const auto a = [](int j, int m, double c2) { return std::pow(std::sin(std::numbers::pi / 2 * j / m / (1 + c2)), 2); };
  for (const auto& [m, c2] : {std::pair{1000, 0.008}, {57, 0.1}}) {
    std::vector<double> all;
    for (int j = 0; j < m; ++j)
      if (const double u = std::sqrt(a(m, m, c2) / a(j, m, c2) - 1); u >= 0.02 && u <= 30) all.push_back(u);
    const auto same = [&](const std::vector<double>& got, const std::vector<std::size_t>& places) {
      REQUIRE(got.size() == places.size() + 1);
      for (std::size_t i = 0; i < places.size(); ++i) REQUIRE(std::abs(got[i] / all[places[i]] - 1) < 1e-9);
    };
    std::vector<std::size_t> every(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) every[i] = i;
    same(iddpm_grid(static_cast<int>(all.size()), 0.02, 30, 0.001, c2, m), every);
    same(iddpm_grid(2, 0.02, 30, 0.001, c2, m), {0, all.size() - 1});
    // Half to even: of a list with an even number of levels, the place after the middle of 3 is rounded.
    const double middle = static_cast<double>(all.size() - 1) / 2;
    same(iddpm_grid(3, 0.02, 30, 0.001, c2, m), {0, static_cast<std::size_t>(std::nearbyint(middle)), all.size() - 1});
  }
  // c1 bounds how fast the levels rise: u_{j-1}^2 + 1 <= (u_j^2 + 1) / c1.
  const auto bound = iddpm_grid(30, 0.002, 1e4, 0.9, 0.008, 400), free = iddpm_grid(30, 0.002, 1e4, 0.001, 0.008, 400);
  REQUIRE(bound[0] != free[0]);
  const auto table = iddpm_grid(20, 30, 1e4, 0.9, 0.008, 60);
  REQUIRE(table.size() == 21);
}

TEST_CASE("grids that do not exist are refused", "[schedule]") {
  for (const auto& [name, make] : grids()) {
    INFO(name);
    REQUIRE(says(complaint([&] { make(0, 0.002, 80); }), "sampling grid", {"0 noise levels", "1 or more"}));
    for (const auto& [low, high] : {std::pair{0.0, 80.0},
                                    {-1.0, 80.0},
                                    {80.0, 80.0},
                                    {2.0, 1.0},
                                    {0.002, double(INFINITY)},
                                    {double(NAN), 1.0},
                                    {1.0, double(NAN)}})
      REQUIRE(says(complaint([&] { make(18, low, high); }), "sampling grid", {"sigma_min", "sigma_max"}));
  }
  REQUIRE(says(complaint([] { rho_grid(18, 0.002, 80, 0); }), "sampling grid", {"rho = 0"}));
  REQUIRE(says(complaint([] { vp_grid(18, 0.002, 80, 1); }), "sampling grid", {"epsilon = 1"}));
  REQUIRE(says(complaint([] { iddpm_grid(18, 0.002, 81, 0); }), "sampling grid", {"c1 = 0"}));
  REQUIRE(says(complaint([] { iddpm_grid(18, 0.002, 81, 0.001, -1); }), "sampling grid", {"c2 = -1"}));
  REQUIRE(says(complaint([] { iddpm_grid(18, 0.002, 81, 0.001, 0.008, 0); }), "sampling grid", {"m = 0"}));
  REQUIRE(says(complaint([] { iddpm_grid(2000, 0.002, 81); }), "sampling grid iddpm", {"2000 steps", "at most"}));
  REQUIRE(says(complaint([] { iddpm_grid(1, 0.00201, 0.00202); }), "sampling grid iddpm", {"at most 0"}));
}
