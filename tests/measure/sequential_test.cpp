// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/sequential.hpp>

#include <algorithm>
#include <cmath>

using namespace diffmem;

namespace {

constexpr std::int64_t kImages = 10'000;

/// What became of many samples of a ratio p, each of at most kImages images, that a rule stops.
struct Simulation {
  int missed = 0, wilson_missed = 0;            ///< samples whose last interval does not hold p
  int ever_missed = 0, wilson_ever_missed = 0;  ///< samples of which that of any look does not
  double mean_images = 0;
};
Simulation simulate(const StopRule& rule, double p, int samples) {
  Simulation s;
  const auto looks = looks_of(kImages);
  const auto misses = [p](const Interval& i) { return p < i.low || p > i.high; };
  for (int i = 0; i < samples; ++i) {
    RandomStream random(static_cast<std::uint64_t>(1e6 * p), Stream::bootstrap, static_cast<std::uint64_t>(i));
    SequentialTest test(rule, kImages);
    std::int64_t hits = 0;
    bool ever = false, wilson_ever = false;
    for (bool enough = false; !enough && test.images() < kImages;) {
      const bool hit = random.uniform() < p;
      hits += hit;
      enough = test.add(hit);
      if (!std::ranges::binary_search(looks, test.images())) continue;
      ever |= misses(interval_at_look(hits, test.images(), kImages));
      wilson_ever |= misses(wilson(hits, test.images()));
    }
    s.missed += misses(interval_at_look(hits, test.images(), kImages));
    s.wilson_missed += misses(wilson(hits, test.images()));
    s.ever_missed += ever, s.wilson_ever_missed += wilson_ever;
    s.mean_images += static_cast<double>(test.images()) / samples;
  }
  return s;
}

}  // namespace

TEST_CASE("looks begin at 100, grow by 1.4 and end with all images, whatever their number", "[measure]") {
  REQUIRE(looks_of(1000) == std::vector<std::int64_t>{100, 140, 196, 274, 384, 538, 753, 1000});
  REQUIRE(looks_of(100) == std::vector<std::int64_t>{100});
  REQUIRE(looks_of(8) == std::vector<std::int64_t>{8});
}

TEST_CASE("Clopper and Pearson's interval gives what is known of it", "[measure][oracle]") {
  // 0 of n: 1 - (5 %/2)^(1/n); Newcombe 1998, Table I, method 5
  REQUIRE(std::abs(clopper_pearson(0, 20).high - (1 - std::pow(0.025, 1 / 20.0))) < 1e-12);
  REQUIRE(clopper_pearson(0, 20).low == 0);
  REQUIRE(clopper_pearson(20, 20).high == 1);
  REQUIRE(std::abs(clopper_pearson(81, 263).low - .2527) < 5e-5);
  REQUIRE(std::abs(clopper_pearson(81, 263).high - .3676) < 5e-5);
  REQUIRE(std::abs(clopper_pearson(15, 148).low - .0578) < 5e-5);
  REQUIRE(std::abs(clopper_pearson(15, 148).high - .1617) < 5e-5);
  // Eight looks share the 5 %.
  REQUIRE(interval_at_look(30, 100, 1000).low == clopper_pearson(30, 100, 1 - 0.05 / 8).low);
}

TEST_CASE("the intervals of all looks hold the ratio at once in 95 % of samples; Wilson's do not", "[measure][law]") {
  for (const double p : {0.02, 0.5, 0.9}) {
    const Simulation s = simulate({}, p, 1000);
    INFO("p = " << p << ": " << s.ever_missed << " and " << s.wilson_ever_missed << " of 1000");
    REQUIRE(s.mean_images == kImages);
    REQUIRE(s.ever_missed <= 50);
    REQUIRE(s.wilson_ever_missed > 150);
  }
}

TEST_CASE("a sample that stops holds the ratio in 95 % of cases, with fewer images", "[measure][law]") {
  struct Row {
    StopRule rule;
    double p, least, most;  ///< mean images, of 10,000
  };
  const StopRule narrow{.half_width = 0.02}, decided{.bound = 0.9};
  for (const auto& [rule, p, least, most] : {Row{narrow, 0, 196, 196},
                                             {narrow, 0.5, 5600, 5750},
                                             {narrow, 0.9, 2150, 2350},
                                             {narrow, 1, 196, 196},
                                             {decided, 0, 100, 100},
                                             {decided, 0.5, 100, 101},
                                             {decided, 0.85, 400, 500},
                                             {decided, 0.9, 9600, 9900},
                                             {decided, 1, 100, 100}}) {
    const Simulation s = simulate(rule, p, 1000);
    INFO("half_width " << rule.half_width << ", bound " << rule.bound << ", p = " << p << ": " << s.mean_images
                       << " images, " << s.missed << " missed, by Wilson " << s.wilson_missed);
    REQUIRE(s.missed <= 50);
    REQUIRE(s.mean_images >= least - 1e-6);
    REQUIRE(s.mean_images <= most + 1e-6);
  }
}

TEST_CASE("a rule that never stops does not, and one stops no earlier than the first look", "[measure]") {
  REQUIRE(StopRule{}.never());
  REQUIRE_FALSE(StopRule{.bound = 0.9}.never());
  REQUIRE_FALSE(StopRule{}({0.5, 0.5}));
  REQUIRE(StopRule{.half_width = 0.1}({0.4, 0.6}));
  REQUIRE_FALSE(StopRule{.half_width = 0.1}({0.4, 0.7}));
  REQUIRE(StopRule{.bound = 0.9}({0.91, 1}));
  REQUIRE(StopRule{.bound = 0.9}({0, 0.89}));
  REQUIRE_FALSE(StopRule{.bound = 0.9}({0.89, 0.91}));
  SequentialTest never({}, 1000), soon({.bound = 0.9}, 1000);
  for (int i = 1; i <= 1000; ++i) REQUIRE_FALSE(never.add(false));
  for (int i = 1; i < 100; ++i) REQUIRE_FALSE(soon.add(false));
  REQUIRE(soon.add(false));
  REQUIRE(soon.images() == 100);
}

TEST_CASE("an interval and a rule refuse what makes no sense", "[measure][bad]") {
  REQUIRE(says(complaint([] { interval_at_look(3, 2, 9); }), "clopper_pearson", {"3 of 2"}));
  REQUIRE(says(complaint([] { StopRule{.half_width = 0.5}.validate(); }), "sampling", {"stop.half_width = 0.5"}));
  REQUIRE(says(complaint([] { StopRule{.bound = -0.1}.validate(); }), "sampling", {"stop.bound = -0.1"}));
}
