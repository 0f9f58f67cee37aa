// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/sampler/spaced.hpp>

#include <fmt/format.h>

#include <cmath>
#include <functional>

namespace diffmem {
namespace {

/// One step in units of y = x/sqrt(a), where a noise level is sigma and a = 1/(1 + sigma^2).
struct Fall {
  double from = 0, to = 0;  ///< levels
  double down = 0;          ///< the level to which D leads, before noise
  double up = 0;            ///< the noise
};

double kept(double sigma) { return 1 / std::sqrt(1 + sigma * sigma); }  // sqrt(a)

/// The plan of such falls, which need not meet: x stays where it is between two of them.
Plan plan_of(const std::vector<Fall>& falls) {
  Plan plan{.start = 1 / kept(falls.front().from)};
  double level = falls.front().from;  // where x is said to be
  for (const Fall& fall : falls) {
    plan.steps.push_back({.carry = level == fall.from ? 1 : kept(level) / kept(fall.from),
                          .at = {.sigma = fall.from},
                          .h = fall.down - fall.from,
                          .noise = fall.up});
    level = fall.to;
  }
  plan.end = kept(level);
  return plan;
}

/// The noise that the posterior of a step has.
double posterior(double from, double to) { return to / from * std::sqrt(std::max(0.0, from * from - to * to)); }

}  // namespace

std::vector<int> SpacedSteps::chosen() const {
  noise.validate("sampler");
  if (steps < 1 || steps > noise.total)
    throw Error("sampler", fmt::format("steps = {}", steps), fmt::format("1 to {}", noise.total),
                "correct the sampler's steps");
  std::vector<int> chosen;
  const int stride = noise.total / steps;
  const auto even = [](double x) { return static_cast<int>(std::nearbyint(x)); };  // half to even
  for (int i = 0; i < steps; ++i) {
    const int left = steps - 1 - i;
    switch (spacing) {
      case Spacing::leading: chosen.push_back(left * stride + offset); break;
      case Spacing::trailing:
        chosen.push_back(even(noise.total - i * (static_cast<double>(noise.total) / steps)) - 1);
        break;
      case Spacing::linspace:
        chosen.push_back(steps == 1 ? 0 : even(left * (static_cast<double>(noise.total - 1) / (steps - 1))));
    }
  }
  if (chosen.back() < 0 || chosen.front() >= noise.total)
    throw Error("sampler", fmt::format("steps {} to {}", chosen.front(), chosen.back()),
                fmt::format("steps of 0 to {}", noise.total - 1), "correct the sampler's offset");
  return chosen;
}

Plan SpacedDdim::plan(SigmaRange) const {
  need(eta >= 0 && eta <= 1, "sampler ddim", "eta", eta, "0 to 1");
  const std::vector<double> level = at.noise.levels();
  const int stride = at.noise.total / at.steps;
  std::vector<Fall> falls;
  for (const int t : at.chosen()) {
    const double from = level[static_cast<std::size_t>(t)], to = t >= stride
                                                                     ? level[static_cast<std::size_t>(t - stride)]
                                                                 : to_one ? 0
                                                                          : level[0];
    const double up = eta * posterior(from, to);
    falls.push_back({from, to, std::sqrt(to * to - up * up), up});
  }
  return plan_of(falls);
}

Plan SpacedDdpm::plan(SigmaRange) const {
  const std::vector<double> level = at.noise.levels();
  const std::vector<int> chosen = at.chosen();
  std::vector<Fall> falls;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const double from = level[static_cast<std::size_t>(chosen[i])],
                 to = i + 1 < chosen.size() ? level[static_cast<std::size_t>(chosen[i + 1])] : 0;
    const double small = posterior(from, to), a = kept(from) * kept(from), next = kept(to) * kept(to),
                 large = std::sqrt((1 - a / next) / next);
    const bool last = chosen[i] == 0;  // without noise
    falls.push_back(
        {from, to, std::sqrt(to * to - small * small), last || variance == Variance::fixed_small ? small : large});
  }
  return plan_of(falls);
}

}  // namespace diffmem
