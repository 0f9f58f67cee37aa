// SPDX-License-Identifier: MIT
// Every instruction set's kernels against the plain one's; tests/net/fused_test.cpp holds this machine's best to float64.
#include "check.hpp"
#include "kernels/values.hpp"

#include <diffmem/kernels/cpu/pointwise.hpp>

#include <cmath>
#include <limits>

using namespace diffmem;
using namespace diffmem::kernels;

namespace {

/// What each kernel leaves behind, one after the other.
template <class T>
std::vector<double> outcome(const Pointwise<T>& k, int channels) {
  constexpr int kHeight = 4, kWidth = 6, kPixels = kHeight * kWidth, kFrame = 9;  // pixels of a line with a border
  const auto size = static_cast<std::size_t>(kPixels * channels);
  const auto x = some_values<T>(size, 1), grad = some_values<T>(size, 2);
  const auto a = some_values<float>(static_cast<std::size_t>(channels), 3),
             b = some_values<float>(static_cast<std::size_t>(channels), 4), sums = some_values<float>(8 * 32, 5);
  std::vector<std::uint8_t> bits(size / 8 + 8);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint8_t>(37 * i + 11);
  std::vector<double> all;
  const auto put = [&](const auto& values) {
    for (const auto v : values) all.push_back(widened(v));
  };
  const auto room = [&](std::size_t n) { return std::vector<T>(n, narrowed<T>(-9)); };
  const auto floats = [&] { return std::vector<float>(static_cast<std::size_t>(channels), 0.5f); };

  auto s = floats(), q = floats();
  k.sums(x.data(), kPixels, channels, s.data(), q.data());
  put(s), put(q);
  for (const bool silu : {false, true})
    for (const bool kept : {false, true}) {
      const Kept keep{kept ? bits.data() : nullptr, 3, channels, 1.25f};
      auto out = room(static_cast<std::size_t>((kHeight * kFrame) * (channels + 2)));
      k.norm_forward({x.data(), kHeight, kWidth, channels, a.data(), b.data(), silu, keep, out.data(),
                      kFrame * (channels + 2), channels + 2});
      put(out);
      auto g = grad;
      auto sum = floats(), slope = floats();
      k.norm_inner({x.data(), kPixels, channels, a.data(), b.data(), b.data(), a.data(), silu, keep, g.data(), channels,
                    sum.data(), slope.data()});
      put(g), put(sum), put(slope);
    }
  auto out = room(size);
  k.norm_outer({x.data(), grad.data(), kPixels, channels, channels, a.data(), b.data(), a.data(), out.data()});
  put(out);
  for (const int taps : {2, 4}) {
    const auto filter = some_values<float>(16, 7);
    auto small = room(size), large = room(4 * size);
    k.shrink({x.data(), kWidth * channels, channels, kHeight, kWidth, channels, filter.data(), taps, 1.5f, small.data(),
              kWidth * channels, channels, kHeight / 2, kWidth / 2});
    k.grow({x.data(), kWidth * channels, channels, kHeight, kWidth, channels, filter.data(), taps, 1.5f, large.data(),
            2 * kWidth * channels, channels, 2 * kHeight - 1, 2 * kWidth});
    put(small), put(large);
  }
  const int columns = std::min(channels, 32);
  auto tile = room(size);
  std::vector<float> wide(size, -9);
  FinishTile<T> finish{sums.data(), 5, columns, a.data(), x.data(), 0.7f, tile.data(), nullptr, channels};
  k.finish(finish);
  finish.add = nullptr, finish.out = nullptr, finish.wide_out = wide.data();
  k.finish(finish);
  put(tile), put(wide);
  auto bordered = room(static_cast<std::size_t>(kHeight * kFrame * (channels + 1))), copy = room(size);
  auto sum = floats();
  k.border({x.data(), kHeight, kWidth, channels, 0.3f, bordered.data(), kFrame * (channels + 1), channels + 1,
            copy.data(), sum.data()});
  put(bordered), put(copy), put(sum);
  if (channels % 8 == 0) {
    auto pairs = room(size);
    k.interleave(x.data(), channels, kPixels / 2, channels, pairs.data());
    put(pairs);
    // Three tiles of Winograd's: the second is right of the first, the third is not.
    const std::vector<std::ptrdiff_t> where = {0, 2 * channels, channels};
    const std::ptrdiff_t row = channels + 3, product = 4 * row;
    for (const auto act : {k.tiles, k.paired_tiles, k.paired_gradients}) {
      const bool paired = act != k.tiles && kPair<T> == 2;
      auto transformed = room(static_cast<std::size_t>(16 * product));
      act({x.data(), where.data(), 3, kWidth * channels, channels, transformed.data(), paired ? 2 * row : row,
           product});
      put(transformed);
    }
  }
  // Of three tiles, one has four values, one two, one one.
  const auto products = some_values<float>(16 * 8 * 32, 10);
  const TilePlace places[] = {{0, 0, 2, 2}, {4, 1, 2, 1}, {12, 1, 1, 1}};
  const auto adds = some_values<float>(static_cast<std::size_t>(2 * channels), 12);
  FinishTiles<T> tiles{.sums = products.data(),
                       .tiles = 3,
                       .columns = columns,
                       .places = places,
                       .line = kWidth,
                       .add = adds.data(),
                       .residual = x.data(),
                       .scale = 0.7f,
                       .out = tile.data(),
                       .wide_out = nullptr,
                       .stride = channels};
  k.finish_tiles(tiles);
  tiles.out = nullptr, tiles.residual = nullptr, tiles.wide_out = wide.data();
  k.finish_tiles(tiles);
  put(tile), put(wide);
  for (const bool turned : {false, true}) {
    const auto weights = some_values<float>(11 * 13 * 9, 11);
    auto panel = room(16 * 16 * 16);
    k.weight_tiles({weights.data(), 13 * 9, 9, 11, 13, 16, turned, panel.data()});
    put(panel);
  }
  std::vector<float> taps(9 * 16);
  const float* parts[] = {products.data(), products.data() + 100};
  k.tap_gradients(parts, 2, 32, taps.data());
  put(taps);
  const auto logits = some_values<float>(size, 8), of_weights = some_values<float>(size, 9);
  for (const int count : {1, channels, kPixels}) {
    auto weights = room(size), products = room(size);
    const float total = k.weigh(logits.data(), count, count + 3, 1.7f, weights.data());
    all.push_back(total);
    put(weights);
    k.weigh_back(weights.data(), 1 / total, of_weights.data(), count, count + 3, 0.6f, products.data());
    put(weights), put(products);
  }
  auto narrow = room(size);
  k.narrow(logits.data(), channels, 0.9f, narrow.data());
  put(narrow);
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("each instruction set's kernels do what the plain ones do, at awkward sizes", "[kernels][pointwise]",
                   float, Bf16) {
  const auto list = all_pointwise<TestType>();
  const double bound = kPair<TestType> == 2 ? 1.0 / 128 : 4e-6;  // one step of bf16; sums in another order
  for (const int channels : {3, 8, 16, 20, 37, 64}) {
    const auto plain = outcome(list.all[0], channels);
    for (std::size_t i = 1; i < list.count; ++i) {
      INFO(list.all[i].name << ", " << channels << " channels");
      const auto got = outcome(list.all[i], channels);
      REQUIRE(got.size() == plain.size());
      // Not by max(): what is not a number would be lost in it.
      const auto near = [&](double a, double b) { return std::abs(a - b) / std::max(std::abs(b), 1.0) <= bound; };
      REQUIRE(std::equal(got.begin(), got.end(), plain.begin(), near));
    }
  }
}

TEST_CASE("weights of attention are exponentials, and what is not a number stays one", "[kernels][pointwise]") {
  const auto& k = pointwise<float>();
  const std::vector<float> logits = {0.5f, -1, 2, 0, 1.5f};
  std::vector<float> weights(8, -1);
  const float total = k.weigh(logits.data(), 5, 8, 2, weights.data());
  double want = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    REQUIRE(std::abs(weights[i] - std::exp(2 * (logits[i] - 2.0))) < 1e-6);
    want += std::exp(2 * (logits[i] - 2.0));
  }
  REQUIRE(std::abs(total - want) < 1e-5);
  REQUIRE((weights[5] == 0 && weights[6] == 0 && weights[7] == 0));
  // Whatever its bits: they must not become an exponent.
  const auto list = all_pointwise<float>();
  for (std::size_t i = 0; i < list.count; ++i)
    for (const std::uint32_t bits : {0x7FC00000u, 0x7FC00001u, 0xFFFFFFFFu}) {
      std::vector<float> bad(40, 0.5f);
      bad[3] = std::bit_cast<float>(bits);
      std::vector<float> out(40);
      INFO(list.all[i].name << ", bits " << bits);
      REQUIRE(std::isnan(list.all[i].weigh(bad.data(), 40, 40, 1, out.data())));
      const std::vector<std::uint8_t> none(16);  // no value is kept
      list.all[i].norm_forward(
          {bad.data(), 1, 1, 40, nullptr, nullptr, true, {none.data(), 0, 40, 1}, out.data(), 40, 40});
      REQUIRE(std::isnan(out[3]));
      REQUIRE(out[2] == 0);
    }
}

TEMPLATE_TEST_CASE("SiLU and softmax's weights hold at the ends, and what is not finite shows", "[kernels][pointwise]",
                   float, Bf16) {
  constexpr int kCount = 40;  // two registers and a part of one, at most
  constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  const auto list = all_pointwise<TestType>();
  const double bound = kPair<TestType> == 2 ? 1.0 / 128 : 1e-6;
  for (std::size_t i = 0; i < list.count; ++i) {
    INFO(list.all[i].name);
    for (const float x : {-1e30f, -1e4f, -100.0f, -88.0f, -20.0f, -1.0f, 0.0f, 1.0f, 88.0f, 1e4f, 1e30f}) {
      std::vector<TestType> values(kCount, narrowed<TestType>(x)), out(kCount);
      list.all[i].norm_forward({values.data(), 1, 1, kCount, nullptr, nullptr, true, {}, out.data(), kCount, kCount});
      const double at = widened(values[0]), exact = at / (1 + std::exp(-at));
      for (const TestType y : out) REQUIRE(std::abs(widened(y) - exact) <= bound * std::abs(exact) + 1e-7);
      std::vector<float> logits(kCount, 3.0f);
      logits[7] = 3.0f - std::abs(x), logits[38] = -1e30f;
      const float sum = list.all[i].weigh(logits.data(), kCount, kCount, 0.5f, out.data());
      const double least = std::exp(0.5 * (double{logits[7]} - 3));
      REQUIRE(std::abs(widened(out[7]) - least) <= bound * least + 1e-37);
      REQUIRE(widened(out[38]) <= 1e-37f);
      REQUIRE(std::abs(widened(out[0]) - 1) <= bound);
      REQUIRE(std::abs(sum - (kCount - 2 + least)) <= kCount * bound);
    }
    for (const float x : {kInf, -kInf, kNan}) {
      std::vector<TestType> values(kCount, narrowed<TestType>(x)), out(kCount);
      list.all[i].norm_forward({values.data(), 1, 1, kCount, nullptr, nullptr, true, {}, out.data(), kCount, kCount});
      for (const TestType y : out) REQUIRE_FALSE(std::isfinite(widened(y)));
    }
    for (const std::size_t place : {0, 20, 38}) {
      std::vector<float> logits(kCount, 3.0f);
      logits[place] = kNan;
      std::vector<TestType> out(kCount);
      REQUIRE(std::isnan(list.all[i].weigh(logits.data(), kCount, kCount, 0.5f, out.data())));
    }
  }
}
