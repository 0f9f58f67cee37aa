// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/measure/emm.hpp>

#include <cmath>

using namespace diffmem;

namespace {

std::vector<SizeRatio> series(std::initializer_list<std::pair<std::int64_t, double>> points) {
  std::vector<SizeRatio> all;
  for (const auto& [size, ratio] : points) all.push_back({size, ratio});
  return all;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("EMM of the paper's Table 3", "[measure][oracle]") {
  const Emm none = estimate_emm(series({{1000, .9209}, {2000, .6093}}));
  REQUIRE(std::round(*none.linear) == 1067);
  REQUIRE(std::round(*none.logarithmic) == 1048);
  REQUIRE(none.below == 1000);
  REQUIRE(none.above == 2000);
  REQUIRE(none.statement == "EMM at 90 %: 1,067 (linear in N), 1,048 (linear in log N), between sizes 1,000 and 2,000");
  const Emm labels = estimate_emm(series({{5000, .23}, {3000, .5562}, {1000, .9659}, {4000, .3759}, {2000, .7946}}));
  REQUIRE(std::round(*labels.linear) == 1385);
  REQUIRE(std::round(*labels.logarithmic) == 1306);
}

TEST_CASE("the estimate returns a line's own crossing, and lies between the sizes", "[measure][law]") {
  for (const double level : {0.5, 0.8, 0.9}) {
    const auto line = [](double n) { return 1 - n / 10'000; };
    const Emm emm = estimate_emm(series({{100, line(100)}, {700, line(700)}, {9000, line(9000)}}), level);
    REQUIRE(std::abs(*emm.linear - 10'000 * (1 - level)) < 1e-6);
    REQUIRE(*emm.logarithmic > static_cast<double>(emm.below));
    REQUIRE(*emm.logarithmic < *emm.linear);
    const auto curve = [](double n) { return 1 - std::log(n) / 10; };
    REQUIRE(std::abs(std::log(*estimate_emm(series({{2, curve(2)}, {900, curve(900)}}), level).logarithmic) -
                     10 * (1 - level)) < 1e-9);
  }
}

TEST_CASE("a ratio equal to the level is its own EMM", "[measure]") {
  for (const auto& points : {series({{10, 1}, {20, .9}, {40, .5}}), series({{10, 1}, {20, .9}}), series({{20, .9}})}) {
    const Emm emm = estimate_emm(points);
    REQUIRE(*emm.linear == 20);
    REQUIRE(*emm.logarithmic == 20);
    REQUIRE(emm.below == 20);
    REQUIRE(emm.above == 20);
    REQUIRE(contains(emm.statement, "20, whose ratio equals the level"));
  }
}

TEST_CASE("nothing is extrapolated", "[measure]") {
  const Emm above = estimate_emm(series({{16, 1}, {2048, .95}}));
  REQUIRE_FALSE(above.linear);
  REQUIRE_FALSE(above.logarithmic);
  REQUIRE(above.below == 2048);
  REQUIRE(above.above == 0);
  REQUIRE(above.statement == "EMM at 90 %: above the largest size, 2,048");
  const Emm below = estimate_emm(series({{16, .89}, {2048, .1}}));
  REQUIRE_FALSE(below.linear);
  REQUIRE(below.below == 0);
  REQUIRE(below.above == 16);
  REQUIRE(below.statement == "EMM at 90 %: below the smallest size, 16");
}

TEST_CASE("of several crossings the largest counts, and this is said", "[measure]") {
  const Emm twice = estimate_emm(series({{10, 1}, {20, .8}, {30, 1}, {40, .8}}));
  REQUIRE(std::abs(*twice.linear - 35) < 1e-9);
  REQUIRE(contains(twice.statement, "not monotone (it rises through the level after size 20)"));
  const Emm late = estimate_emm(series({{10, .8}, {20, 1}}));
  REQUIRE_FALSE(late.linear);
  REQUIRE(contains(late.statement, "above the largest size, 20; the ratio is not monotone"));
}

TEST_CASE("a series that is none is refused", "[measure][bad]") {
  REQUIRE(says(complaint([] { estimate_emm({}); }), "emm", {"no sizes", "two sizes"}));
  REQUIRE(says(complaint([] { estimate_emm(series({{10, 92.09}})); }), "emm",
               {"ratio 92.09 at size 10", "0..1", "percentages"}));
  REQUIRE(says(complaint([] { estimate_emm(series({{10, std::nan("")}})); }), "emm", {"ratio nan"}));
  REQUIRE(says(complaint([] { estimate_emm(series({{10, .9}, {20, .1}, {10, .8}})); }), "emm",
               {"size 10 twice", "average"}));
  REQUIRE(says(complaint([] { estimate_emm(series({{0, .9}})); }), "emm", {"size 0"}));
  REQUIRE(says(complaint([] { estimate_emm(series({{10, .9}}), 90); }), "emm", {"level 90"}));
}
