// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/safetensors.hpp>
#include <diffmem/measure/memorization.hpp>

#include <algorithm>
#include <cmath>

using namespace diffmem;

namespace {

using Bytes = std::vector<std::uint8_t>;

bool close(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b)); }

}  // namespace

TEST_CASE("the metric equals the reference's on its own images", "[measure][oracle]") {
  const auto fixture =
      read_safetensors(std::filesystem::path(__FILE__).parent_path() / "../fixtures/memorization_metric.safetensors");
  const auto generated = values_of<std::uint8_t>(fixture.at("gen_u8")),
             training = values_of<std::uint8_t>(fixture.at("train_u8"));
  constexpr std::int64_t size = 3 * 16 * 16;
  constexpr std::size_t images = 72;

  const auto index = values_of<std::int64_t>(fixture.at("index"));
  const auto dist = values_of<double>(fixture.at("dist")), rms = values_of<double>(fixture.at("rms")),
             mean = values_of<double>(fixture.at("knn_mean"));
  for (std::size_t k = 1; k <= 6; ++k) {
    const Neighbours found = nearest(generated, training, size, static_cast<std::int64_t>(k), 2);
    double sum = 0;
    for (std::size_t i = 0; i < images; ++i)
      for (std::size_t j = 0; j < k; ++j) {
        const double squared = static_cast<double>(found.squared[i * k + j]);
        REQUIRE(found.index[i * k + j] == index[i * 6 + j]);
        REQUIRE(close(std::sqrt(squared), dist[i * 6 + j]));
        REQUIRE(close(std::sqrt(squared / size), rms[i * 6 + j]));
        if (j == k - 1) sum += std::sqrt(squared / size);
      }
    REQUIRE(close(sum / images, mean[k - 1]));
  }

  const Memorization third = memorization(generated, training, size, 2);
  REQUIRE(third.images == 72);
  REQUIRE(third.flags == values_of<std::uint8_t>(fixture.at("flag")));
  REQUIRE(third.flags == values_of<std::uint8_t>(fixture.at("ref_flag")));
  REQUIRE(third.memorized == std::count(third.flags.begin(), third.flags.end(), 1));
  REQUIRE(close(third.ratio, values_of<double>(fixture.at("mem_ratio"))[0]));
  REQUIRE(close(third.knn_distance, mean[0]));
  const double single = values_of<double>(fixture.at("ref_knn"))[0];  // float32, distances by a matrix product
  REQUIRE(std::abs(third.knn_distance - single) < 1e-5 * single);
  REQUIRE(memorization(generated, training, size, 1, 0.5).flags == values_of<std::uint8_t>(fixture.at("flag_half")));

  const auto ratio = values_of<double>(fixture.at("ratio"));
  std::int64_t undefined = 0;
  for (std::size_t i = 0; i < images; ++i) {
    const double d1 = static_cast<double>(third.neighbours.squared[2 * i]),
                 d2 = static_cast<double>(third.neighbours.squared[2 * i + 1]);
    undefined += std::isnan(ratio[i]);
    REQUIRE((d2 == 0 ? std::isnan(ratio[i]) : close(std::sqrt(d1 / d2), ratio[i])));
  }
  REQUIRE(undefined == 1);
  REQUIRE(third.zero_second == undefined);
}

TEST_CASE("the border of one third is decided exactly and strictly", "[measure]") {
  // d1 = 30 and d2 = 90: exactly 1/3, not memorized; one level nearer is.
  REQUIRE(memorization(Bytes{30}, Bytes{0, 120}, 1).flags == Bytes{0});
  REQUIRE(memorization(Bytes{29}, Bytes{0, 120}, 1).flags == Bytes{1});
  REQUIRE(memorization(Bytes{31}, Bytes{0, 120}, 1).flags == Bytes{0});
  for (int d = 1; d <= 63; ++d)
    REQUIRE(memorization(Bytes{static_cast<std::uint8_t>(d)}, Bytes{0, static_cast<std::uint8_t>(4 * d)}, 1).flags ==
            Bytes{0});
}

TEST_CASE("copies: of one image memorized, of a duplicated image counted apart", "[measure]") {
  const Memorization found = memorization(Bytes{5, 9, 100}, Bytes{5, 9, 9, 200}, 1);
  REQUIRE(found.flags == Bytes{1, 0, 0});
  REQUIRE(found.memorized == 1);
  REQUIRE(found.zero_second == 1);
  REQUIRE(found.ratio == 1.0 / 3);
  REQUIRE(found.knn_distance == 91.0 / 3);
  REQUIRE(found.interval.low == wilson(1, 3).low);
}

TEST_CASE("Wilson's interval gives published values", "[measure][oracle]") {
  struct Row {
    std::int64_t hits, n;
    double low, high;
  };
  // Newcombe 1998, Table I, method 3
  for (const auto& [hits, n, low, high] :
       {Row{81, 263, .2553, .3662}, Row{15, 148, .0624, .1605}, Row{0, 20, 0, .1611}, Row{1, 29, .0061, .1718}}) {
    const Interval found = wilson(hits, n), mirror = wilson(n - hits, n);
    REQUIRE(std::abs(found.low - low) < 5e-5);
    REQUIRE(std::abs(found.high - high) < 5e-5);
    REQUIRE(std::abs(mirror.low - (1 - found.high)) < 1e-12);
  }
  REQUIRE(wilson(0, 20).low == 0);
  REQUIRE(wilson(20, 20).high == 1);
}

TEST_CASE("memorization refuses what it cannot measure", "[measure][bad]") {
  const Bytes one(3), two(6);
  REQUIRE(says(complaint([&] { memorization(one, one, 3); }), "memorization",
               {"1 training images", "at least 2", "second nearest"}));
  REQUIRE(says(complaint([&] { memorization({}, two, 3); }), "memorization", {"no generated image", "sample"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 3, 1, 0.0); }), "memorization", {"threshold 0", "(0, 1]"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 3, 1, std::nan("")); }), "memorization", {"threshold nan"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 2); }), "nearest", {"3 query and 6 training values"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 0); }), "nearest", {"image size 0"}));
  REQUIRE(says(complaint([] { wilson(3, 2); }), "wilson", {"3 of 2"}));
  REQUIRE(says(complaint([] { wilson(0, 0); }), "wilson", {"0 of 0"}));
}
