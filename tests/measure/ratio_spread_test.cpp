// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/measure/ratio_spread.hpp>

#include <cmath>

using namespace diffmem;
using Flags = std::vector<std::uint8_t>;
using Sizes = std::vector<std::int64_t>;

TEST_CASE("the spread of a bootstrapped ratio is the binomial one", "[measure][law]") {
  Flags flags(5000);
  for (std::size_t i = 0; i < flags.size(); ++i) flags[i] = i % 10 != 0;  // 90 %
  const auto spreads = ratio_spread(flags, Sizes{1, 100, 2500}, 2000, 7, 2);
  REQUIRE(spreads.size() == 3);
  for (const auto& [n, mean, deviation, interval] : spreads) {
    const double binomial = std::sqrt(0.9 * 0.1 / static_cast<double>(n));
    REQUIRE(std::abs(mean - 0.9) < 5 * binomial / std::sqrt(2000));
    REQUIRE(std::abs(deviation / binomial - 1) < 0.1);
    if (n == 1) continue;
    REQUIRE(std::abs((interval.high - interval.low) / (2 * 1.96 * binomial) - 1) < 0.15);
  }
  REQUIRE(spreads[0].interval.low == 0);
  REQUIRE(spreads[0].interval.high == 1);
}

TEST_CASE("a bootstrap is the same with any threads, another with another seed", "[measure]") {
  const Flags flags{1, 0, 1, 1, 0};
  const auto one = ratio_spread(flags, Sizes{50}, 100, 3), three = ratio_spread(flags, Sizes{50}, 100, 3, 3),
             other = ratio_spread(flags, Sizes{50}, 100, 4);
  REQUIRE(one[0].mean == three[0].mean);
  REQUIRE(one[0].deviation == three[0].deviation);
  REQUIRE(one[0].mean != other[0].mean);
  const auto twice = ratio_spread(flags, Sizes{50, 50}, 100, 3);
  REQUIRE(twice[0].mean == one[0].mean);
  REQUIRE(twice[1].mean != one[0].mean);  // every entry has draws of its own
}

TEST_CASE("where all images are alike there is no spread, one image among them", "[measure]") {
  for (const Flags& flags : {Flags{1}, Flags{0}, Flags(30, 1)}) {
    const auto spread = ratio_spread(flags, Sizes{9}, 20)[0];
    REQUIRE(spread.mean == flags[0]);
    REQUIRE(spread.deviation == 0);
    REQUIRE(spread.interval.low == flags[0]);
    REQUIRE(spread.interval.high == flags[0]);
  }
}

TEST_CASE("ratio_spread refuses what it cannot draw", "[measure][bad]") {
  const Flags flags{1, 0};
  REQUIRE(says(complaint([] { ratio_spread({}, Sizes{5}); }), "ratio_spread", {"no generated image"}));
  REQUIRE(says(complaint([&] { ratio_spread(flags, Sizes{5, 0}); }), "ratio_spread", {"a sample of 0"}));
  REQUIRE(says(complaint([&] { ratio_spread(flags, Sizes{5}, 1); }), "ratio_spread", {"1 replicates", "at least 2"}));
}
