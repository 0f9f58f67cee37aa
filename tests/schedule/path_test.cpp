// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/schedule/path.hpp>

#include <cmath>

using namespace diffmem;

namespace {

/// The VP path through EDM's range: its beta_min is negative.
struct VpThroughEdm : VpPath {
  VpThroughEdm() : VpPath(through(1e-3, 0.002, 80)) {}
};

/// The largest |got/want - 1|.
double off(double got, double want) { return std::abs(got / want - 1); }

/// Times from 2e-3 to 1.
template <class Visit>
void at_times(Visit&& visit) {
  for (int i = 0; i <= 200; ++i) visit(0.002 * std::pow(500, i / 200.0));
}

/// f'(t) by central differences, to fifth order.
template <class F>
double slope(F&& f, double t) {
  const double h = 1e-3 * t;
  return (8 * (f(t + h) - f(t - h)) - (f(t + 2 * h) - f(t - 2 * h))) / (12 * h);
}

}  // namespace

TEMPLATE_TEST_CASE("time is the inverse of sigma, and sigma_dot its derivative", "[schedule]", LinearPath, VePath,
                   VpPath, VpThroughEdm) {
  const TestType path;
  double before = 0;
  at_times([&](double t) {
    INFO("t = " << t);
    const double sigma = path.sigma(t);
    REQUIRE(sigma > before);
    REQUIRE(off(path.time(sigma), t) < 1e-13);
    REQUIRE(off(path.sigma(path.time(sigma)), sigma) < 1e-13);
    REQUIRE(off(path.sigma_dot(t), slope([&](double u) { return path.sigma(u); }, t)) < 1e-9);
    before = sigma;
  });
  REQUIRE(path.sigma(0) == 0);
}

TEMPLATE_TEST_CASE("scale_dot is the derivative of s(t)", "[schedule]", LinearPath, VePath, VpPath, VpThroughEdm) {
  const TestType path;
  at_times([&](double t) {
    INFO("t = " << t);
    const PathPoint vp = point_of(path, Scaling::vp, t), none = point_of(path, Scaling::none, t);
    REQUIRE(vp.sigma == path.sigma(t));
    REQUIRE(vp.sigma_dot == path.sigma_dot(t));
    REQUIRE(off(vp.scale * vp.scale * (1 + vp.sigma * vp.sigma), 1) < 1e-15);
    const double h = slope([&](double u) { return point_of(path, Scaling::vp, u).scale; }, t);
    REQUIRE(std::abs(vp.scale_dot - h) < 1e-9 * std::abs(h) + 1e-12 / t);
    REQUIRE(none.scale == 1);
    REQUIRE(none.scale_dot == 0);
  });
}

TEST_CASE("VP: the path through two levels, and the formula it is named for", "[schedule]") {
  for (const auto& [epsilon, low, high] : {std::tuple{1e-3, 0.01, 152.0}, {1e-3, 0.002, 80.0}, {1e-5, 1e-3, 100.0}}) {
    const VpPath path = VpPath::through(epsilon, low, high);
    REQUIRE(off(path.sigma(epsilon), low) < 1e-10);
    REQUIRE(off(path.sigma(1), high) < 1e-12);
  }
  const VpPath standard, again = VpPath::through(1e-3, standard.sigma(1e-3), standard.sigma(1));
  REQUIRE(off(again.beta_d, 19.9) < 1e-11);
  REQUIRE(off(again.beta_min, 0.1) < 1e-9);
  REQUIRE(off(standard.sigma(0.5), std::sqrt(std::exp(0.5 * 19.9 * 0.25 + 0.1 * 0.5) - 1)) < 1e-14);
}
