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
    for (const auto& [low, high] : {std::pair{0.002, 80.0}, {0.02, 100.0}, {0.05, 5.0}})
      for (const int n : {1, 2, 18, 41}) {
        INFO(name << ", " << n << " levels in " << low << " ... " << high);
        const auto grid = make(n, low, high);
        REQUIRE(grid.size() == static_cast<std::size_t>(n) + 1);
        REQUIRE(grid.back() == 0);
        for (std::size_t i = 1; i < grid.size(); ++i) REQUIRE(grid[i] < grid[i - 1]);
        const double lowest = grid[static_cast<std::size_t>(n) - 1], slack = 1e-11;
        REQUIRE(grid[0] <= high * (1 + slack));
        REQUIRE(lowest >= low * (1 - slack));
        if (name == "iddpm") continue;  // its ends are levels of a table
        REQUIRE(grid[0] >= high * (1 - slack));
        if (n > 1) REQUIRE(lowest <= low * (1 + slack));
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
  // log(u^2 + 1) grows by log(a_j / a_{j-1}), at most by -log c1; with a_0 = 0 the first growth is the bound's.
  struct Case {
    int m;
    double c1, c2, low, high;
  };
  for (const auto& [m, c1, c2, low, high] :
       {Case{1000, 0.001, 0.008, 0.02, 30}, {1000, 0.001, 0.008, 0.002, 1e9}, {57, 0.7, 0.1, 0.02, 1e9}}) {
    const auto a = [&](int j) { return std::pow(std::sin(std::numbers::pi / 2 * j / m / (1 + c2)), 2); };
    std::vector<double> all;
    double growth = 0;
    for (int j = m; j > 0; --j) {
      growth += std::min(std::log(a(j) / a(j - 1)), -std::log(c1));
      if (const double u = std::sqrt(std::expm1(growth)); u >= low && u <= high) all.insert(all.begin(), u);
    }
    const auto same = [&](const std::vector<double>& got, const std::vector<std::size_t>& places) {
      REQUIRE(got.size() == places.size() + 1);
      for (std::size_t i = 0; i < places.size(); ++i) REQUIRE(std::abs(got[i] / all[places[i]] - 1) < 1e-9);
    };
    std::vector<std::size_t> every(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) every[i] = i;
    const std::size_t last = all.size() - 1;
    const auto halfway = static_cast<std::size_t>(std::nearbyint(static_cast<double>(last) / 2));  // half to even
    same(iddpm_grid(static_cast<int>(all.size()), low, high, c1, c2, m), every);
    same(iddpm_grid(3, low, high, c1, c2, m), {0, halfway, last});
  }
}

TEST_CASE("grids that do not exist are refused", "[schedule]") {
  for (const auto& grid : grids()) {
    const Make& make = grid.make;
    INFO(grid.name);
    REQUIRE(says(complaint([&] { make(0, 0.002, 80); }), "sampling grid", {"0 noise levels", "1 or more"}));
    const std::vector<std::pair<double, double>> ends = {{0, 80},           {-1, 80}, {80, 80}, {2, 1},
                                                         {0.002, INFINITY}, {NAN, 1}, {1, NAN}};
    for (const auto& end : ends)
      REQUIRE(says(complaint([&] { make(18, end.first, end.second); }), "sampling grid", {"sigma_min", "sigma_max"}));
  }
  REQUIRE(says(complaint([] { rho_grid(18, 0.002, 80, 0); }), "sampling grid", {"rho = 0"}));
  REQUIRE(says(complaint([] { vp_grid(18, 0.002, 80, 1); }), "sampling grid", {"epsilon = 1"}));
  REQUIRE(says(complaint([] { vp_grid(18, 0.3, 0.5); }), "vp path", {"0.3", "0.5", "rises"}));
  REQUIRE(says(complaint([] { iddpm_grid(18, 0.002, 81, 0); }), "sampling grid", {"c1 = 0"}));
  REQUIRE(says(complaint([] { iddpm_grid(18, 0.002, 81, 0.001, -1); }), "sampling grid", {"c2 = -1"}));
  REQUIRE(says(complaint([] { iddpm_grid(18, 0.002, 81, 0.001, 0.008, 0); }), "sampling grid", {"m = 0"}));
  REQUIRE(says(complaint([] { iddpm_grid(2000, 0.002, 81); }), "sampling grid iddpm", {"2000 steps", "at most"}));
  REQUIRE(says(complaint([] { iddpm_grid(1, 0.00201, 0.00202); }), "sampling grid iddpm", {"at most 0"}));
}
