// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/emm_fit.hpp>

#include <cmath>

using namespace diffmem;
using Runs = std::vector<RunRatio>;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("the fit of a falling series is the paper's interpolation", "[measure][oracle]") {
  const EmmFit fit = fit_emm(Runs{{2000, 6093, 10'000}, {1000, 9209, 10'000}});  // Table 3
  REQUIRE(std::round(*fit.emm.linear) == 1067);
  REQUIRE(std::round(*fit.emm.logarithmic) == 1048);
  REQUIRE(fit.fitted[0].size == 1000);
  REQUIRE(fit.fitted[0].ratio == 0.9209);
  REQUIRE(fit.fitted[0].interval.low == wilson(9209, 10'000).low);
  REQUIRE(fit.next == 1414);
  // By the delta method: log N = log 1000 + log 2 (R1 - 0.9)/(R1 - R2), deviations of R1 and R2 0.0027 and 0.0049.
  const double slope = std::log(2.0) / (0.9209 - 0.6093), part = (0.9209 - 0.9) / (0.9209 - 0.6093);
  const double deviation =
      slope * std::hypot((1 - part) * std::sqrt(.9209 * .0791 / 1e4), part * std::sqrt(.6093 * .3907 / 1e4));
  REQUIRE(std::abs(std::log(fit.interval.high / fit.interval.low) / (2 * 1.96 * deviation) - 1) < 0.15);
  REQUIRE(fit.interval.low < *fit.emm.logarithmic);
  REQUIRE(fit.interval.high > *fit.emm.logarithmic);
  REQUIRE(contains(fit.statement, "EMM at 90 %: 1,067 (linear in N), 1,048 (linear in log N)"));
  REQUIRE(contains(fit.statement, "95 % interval 1,0"));
  REQUIRE(contains(fit.statement, "of the generated images alone"));
  REQUIRE(contains(fit.statement, "next size to try 1,414"));
}

TEST_CASE("rising ratios are pooled by their numbers of images", "[measure][oracle]") {
  // 0.88 and 0.96 pool to (300 * 0.88 + 100 * 0.96) / 400 = 0.9, the level itself.
  const EmmFit fit = fit_emm(Runs{{10, 100, 100}, {20, 264, 300}, {40, 96, 100}, {80, 10, 100}});
  REQUIRE(std::abs(fit.fitted[1].ratio - 0.9) < 1e-12);
  REQUIRE(fit.fitted[1].ratio == fit.fitted[2].ratio);
  const EmmFit two = fit_emm(Runs{{10, 100, 100}, {20, 80, 100}, {40, 100, 100}, {80, 70, 100}});
  REQUIRE(two.fitted[1].ratio == 0.9);
  REQUIRE(*two.emm.logarithmic == 40);
  REQUIRE_FALSE(two.next);
  REQUIRE_FALSE(contains(two.statement, "not monotone"));
}

TEST_CASE("runs of one size are pooled, and their spread widens the interval", "[measure][law]") {
  const Runs one{{100, 1900, 2000}, {200, 1600, 2000}};
  const Runs alike{{100, 950, 1000}, {200, 800, 1000}, {100, 950, 1000}, {200, 800, 1000}};
  const Runs unlike{{100, 990, 1000}, {200, 900, 1000}, {100, 910, 1000}, {200, 700, 1000}};
  const EmmFit a = fit_emm(one), b = fit_emm(alike), c = fit_emm(unlike);
  REQUIRE(*a.emm.logarithmic == *b.emm.logarithmic);
  REQUIRE(std::abs(*a.emm.logarithmic - *c.emm.logarithmic) < 1e-9);
  REQUIRE(contains(a.statement, "images alone"));
  REQUIRE_FALSE(contains(b.statement, "images alone"));
  const auto width = [](const EmmFit& f) { return std::log(f.interval.high / f.interval.low); };
  REQUIRE(std::abs(width(b) / width(a) - 1) < 0.15);
  REQUIRE(width(c) > 2 * width(a));
}

TEST_CASE("the interval holds the true EMM in about 95 % of experiments", "[measure][law]") {
  // R(N) = 1 - log10(N)/10 at N = 2, 5, 20, 50: EMM is 10.
  int held = 0;
  for (std::uint64_t e = 0; e < 200; ++e) {
    Runs runs;
    for (const std::int64_t size : {2, 5, 20, 50}) {
      RandomStream random(e, Stream::order, static_cast<std::uint64_t>(size));
      RunRatio run{size, 0, 1000};
      for (int i = 0; i < 1000; ++i) run.memorized += random.uniform() < 1 - std::log10(static_cast<double>(size)) / 10;
      runs.push_back(run);
    }
    const EmmFit fit = fit_emm(runs, {.replicates = 200, .seed = e});
    held += fit.interval.low <= 10 && 10 <= fit.interval.high;
  }
  REQUIRE(held >= 180);
  REQUIRE(held <= 199);
}

TEST_CASE("what lies outside the sizes is said, not extrapolated", "[measure]") {
  const EmmFit above = fit_emm(Runs{{100, 1000, 1000}, {200, 990, 1000}}, {.replicates = 50});
  REQUIRE_FALSE(above.emm.logarithmic);
  REQUIRE(std::isinf(above.interval.low));
  REQUIRE(above.next == 400);
  REQUIRE(contains(above.statement, "95 % interval above the largest size"));
  const EmmFit below = fit_emm(Runs{{100, 10, 1000}}, {.replicates = 50});
  REQUIRE(below.interval.high == 0);
  REQUIRE(below.next == 50);
  REQUIRE(contains(below.statement, "below the smallest size, 100; 95 % interval below the smallest size"));
  const EmmFit either = fit_emm(Runs{{100, 900, 1000}});  // on the level: half of the replicates on either side
  REQUIRE(*either.emm.logarithmic == 100);
  REQUIRE(either.interval.low == 0);
  REQUIRE(std::isinf(either.interval.high));
}

TEST_CASE("the next size halves the interval in log N until no whole size is left", "[measure]") {
  Emm emm;
  for (const auto& [below, above, next] : std::vector<std::array<std::int64_t, 3>>{
           {1000, 2000, 1414}, {1000, 0, 2000}, {0, 1000, 500}, {7, 9, 8}, {1, 100, 10}, {1, 3, 2}}) {
    emm.below = below, emm.above = above;
    REQUIRE(next_size(emm) == next);
  }
  for (const auto& [below, above] : std::vector<std::array<std::int64_t, 2>>{{7, 8}, {7, 7}, {0, 1}, {0, 0}}) {
    emm.below = below, emm.above = above;
    REQUIRE_FALSE(next_size(emm));
  }
  // Searching a law this way ends at its EMM, in few steps.
  Runs runs{{1, 100, 100}};
  int steps = 0;
  for (auto next = std::optional<std::int64_t>(2); next; next = fit_emm(runs, {.replicates = 1}).next, ++steps)
    runs.push_back({*next, *next <= 700 ? 100 : 0, 100});
  const EmmFit found = fit_emm(runs, {.replicates = 1});
  REQUIRE(found.emm.below == 700);
  REQUIRE(found.emm.above == 701);
  REQUIRE(steps < 21);
}

TEST_CASE("a fit is the same with any threads, another with another seed", "[measure]") {
  const Runs runs{{100, 920, 1000}, {200, 880, 1000}, {200, 850, 1000}};
  const EmmFit one = fit_emm(runs, {.replicates = 100}), three = fit_emm(runs, {.replicates = 100}, 3);
  REQUIRE(one.interval.low == three.interval.low);
  REQUIRE(one.interval.high == three.interval.high);
  REQUIRE(one.interval.low != fit_emm(runs, {.replicates = 100, .seed = 1}).interval.low);
}

TEST_CASE("fit_emm refuses runs that are none", "[measure][bad]") {
  REQUIRE(says(complaint([] { fit_emm({}); }), "emm", {"no sizes"}));
  REQUIRE(says(complaint([] { fit_emm(Runs{{10, 3, 2}}); }), "fit_emm", {"3 of 2 images", "size 10"}));
  REQUIRE(says(complaint([] { fit_emm(Runs{{10, 0, 0}}); }), "fit_emm", {"0 of 0"}));
  REQUIRE(says(complaint([] { fit_emm(Runs{{0, 1, 2}}); }), "emm", {"size 0"}));
  REQUIRE(says(complaint([] { fit_emm(Runs{{10, 1, 2}}, {.replicates = 0}); }), "fit_emm", {"0 replicates"}));
  REQUIRE(says(complaint([] { fit_emm(Runs{{10, 1, 2}}, {.level = 0}); }), "emm", {"level 0"}));
}
