// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/core/safetensors.hpp>
#include <diffmem/measure/memorization.hpp>

using namespace diffmem;
using brute::Bytes;

namespace {

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
  REQUIRE(found.copies == std::vector<std::int64_t>{1, 0, 0, 0});
  REQUIRE(found.reproduced == 1);
}

TEST_CASE("copies are counted by training image", "[measure]") {
  // 100 three times, 0 once; 150 is between two images, near none.
  const Memorization found = memorization(Bytes{101, 100, 2, 150, 99}, Bytes{0, 200, 100}, 1);
  REQUIRE(found.copies == std::vector<std::int64_t>{1, 0, 3});
  REQUIRE(found.reproduced == 2);
  REQUIRE(found.memorized == 4);
}

TEST_CASE("any fraction is decided exactly and strictly, at its border too", "[measure]") {
  struct Row {
    double threshold;
    int d1, d2;  // d1 / d2 = threshold
  };
  for (const auto& [threshold, d1, d2] : {Row{0.1, 10, 100}, Row{0.2, 20, 100}, Row{0.3, 30, 100}, Row{0.7, 70, 100},
                                          Row{2.0 / 3, 60, 90}, Row{0.05, 6, 120}, Row{1, 50, 50}, Row{0.9, 90, 100}}) {
    const auto at = [d = d1](int shift) { return Bytes{static_cast<std::uint8_t>(d + shift)}; };
    const Bytes training{0, static_cast<std::uint8_t>(d1 + d2)};
    REQUIRE(memorization(at(0), training, 1, 1, threshold).flags == Bytes{0});
    REQUIRE(memorization(at(-1), training, 1, 1, threshold).flags == Bytes{1});
  }
  const double odd = std::sqrt(0.5);  // no fraction: 0.7071 is below 70 / 98.9, above 70 / 99.1
  REQUIRE(memorization(Bytes{70}, Bytes{0, 169}, 1, 1, odd).flags == Bytes{1});
  REQUIRE(memorization(Bytes{70}, Bytes{0, 168}, 1, 1, odd).flags == Bytes{0});
}

TEST_CASE("distances are means with intervals, per pixel and Euclidean", "[measure][oracle]") {
  // d1 is 3, 4 and 5 by 3-4-5 triangles of four values; s = 1, so +- 1.96 / sqrt(3).
  const Bytes training(4, 0);
  const Memorization found =
      memorization(Bytes{3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 3, 4}, brute::joined(training, Bytes(4, 90)), 4);
  REQUIRE(close(found.euclidean_distance, 4));
  REQUIRE(close(found.euclidean_interval.low, 4 - 1.959963984540054 / std::sqrt(3)));
  REQUIRE(close(found.euclidean_interval.high, 4 + 1.959963984540054 / std::sqrt(3)));
  REQUIRE(close(found.knn_distance, 2));
  REQUIRE(close(found.knn_interval.low, found.euclidean_interval.low / 2));
  REQUIRE(close(found.knn_interval.high, found.euclidean_interval.high / 2));

  const Memorization lone = memorization(Bytes{7}, Bytes{0, 9}, 1);
  REQUIRE(lone.knn_interval.low == 0);
  REQUIRE(std::isinf(lone.knn_interval.high));
  const Memorization spread = memorization(Bytes{0, 0, 0, 99}, Bytes{0, 1}, 1);  // a normal interval below 0
  REQUIRE(spread.euclidean_interval.low == 0);
}

TEST_CASE("the null is the measure of the held-out images", "[measure][law]") {
  const Bytes training = brute::clusters(60, 8, 1), generated = brute::clusters(500, 8, 2),
              fresh = brute::clusters(300, 8, 3);
  const Memorization found = memorization(generated, training, 8, 2, 0.5, fresh),
                     alone = memorization(fresh, training, 8, 1, 0.5);
  REQUIRE(found.null->flags == alone.flags);
  REQUIRE(found.null->ratio == alone.ratio);
  REQUIRE(found.null->copies == alone.copies);
  REQUIRE(found.null->knn_distance == alone.knn_distance);
  REQUIRE(found.null->knn_interval.high == alone.knn_interval.high);
  REQUIRE_FALSE(alone.null);
  REQUIRE(alone.verdict.empty());

  // Same law: no difference seen.  The same images: exactly none.
  REQUIRE(found.null->ratio > 0);
  REQUIRE(found.difference_interval.low < 0);
  REQUIRE(found.difference_interval.high > 0);
  REQUIRE(found.verdict.starts_with("no more replicas than chance gives: "));
  const Memorization same = memorization(generated, training, 8, 1, 0.5, generated);
  REQUIRE(same.null->memorized == same.memorized);
  REQUIRE(same.difference == 0);

  const Memorization copies = memorization(training, training, 8, 1, 1.0 / 3, fresh);
  REQUIRE(copies.ratio == 1);
  REQUIRE(copies.difference == 1 - copies.null->ratio);
  REQUIRE(copies.difference_interval.low == difference_interval(60, 60, copies.null->memorized, 300).low);
  REQUIRE(copies.verdict.starts_with("more replicas than chance gives: 100.0 % of 60 generated images are replicas, "));
  const Memorization fewer = memorization(fresh, training, 8, 1, 1.0 / 3, training);
  REQUIRE(fewer.verdict.starts_with("fewer replicas than chance gives: "));
}

TEST_CASE("memorization refuses what it cannot measure", "[measure][bad]") {
  const Bytes one(3), two(6);
  REQUIRE(says(complaint([&] { memorization(one, one, 3); }), "memorization",
               {"one training image", "at least 2", "second nearest"}));
  REQUIRE(says(complaint([&] { memorization({}, two, 3); }), "memorization", {"no generated image", "sample"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 3, 1, 0.0); }), "memorization", {"threshold 0", "(0, 1]"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 3, 1, std::nan("")); }), "memorization", {"threshold nan"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 2); }), "nearest", {"3 query and 6 training values"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 0); }), "memorization", {"image size 0"}));
  REQUIRE(says(complaint([&] { memorization(one, two, 3, 1, 1.0 / 3, Bytes(4)); }), "nearest", {"4 query"}));
}
