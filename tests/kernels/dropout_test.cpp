// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/kernels/dropout.hpp>

#include <cmath>
#include <utility>

using namespace diffmem;

namespace {

/// dropout_mask_cpu() value by value.
void plain_mask(float* out, std::int64_t size, std::uint64_t seed, std::uint64_t index, std::uint32_t place,
                std::uint32_t threshold, float scale) {
  const auto key = philox_key(seed, Stream::dropout);
  for (std::int64_t i = 0; i < size; ++i) {
    const auto block = static_cast<std::uint32_t>(i / 8), lane = static_cast<std::uint32_t>(i % 8);
    const PhiloxBlock words =
        philox4x32({block, place, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)}, key);
    out[i] = ((words[lane / 2] >> (16 * (lane % 2))) & 0xFFFFu) < threshold ? 0.0f : scale;
  }
}

}  // namespace

TEST_CASE("the vectorised mask equals the plain one at awkward sizes", "[kernels][dropout]") {
  for (const std::int64_t size : {0, 1, 7, 8, 9, 127, 128, 129, 1000, 4097}) {
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{5} << 24 | 3, ~std::uint64_t{0}}) {
      // One value more than asked for, to see that nothing is written behind the end.
      std::vector<float> plain(static_cast<std::size_t>(size) + 1, -1.0f), fast = plain;
      plain_mask(plain.data(), size, 11, index, 6, 20'000, 1.5f);
      kernels::dropout_mask_cpu(fast.data(), size, 11, index, 6, 20'000, 1.5f);
      INFO(size);
      REQUIRE(plain == fast);
      REQUIRE(fast.back() == -1.0f);
    }
  }
}

TEST_CASE("values are dropped at the asked rate, and the others keep the mean", "[kernels][dropout]") {
  const Tensor x = zeros({8, 4, 50, 50});
  const double n = static_cast<double>(x.numel());
  for (const double rate : {0.05, 0.13, 0.5, 0.9}) {
    const std::vector<float> mask = values_of<float>(Dropout{.seed = 3, .step = 17}.mask(x, rate));
    double dropped = 0, sum = 0;
    for (const float m : mask) {
      dropped += m == 0.0f, sum += m;
      REQUIRE((m == 0.0f || std::abs(m - 1 / (1 - rate)) < 1e-3));
    }
    REQUIRE(std::abs(dropped / n - rate) < 4 * std::sqrt(rate * (1 - rate) / n) + 1.0 / 65536);
    REQUIRE(std::abs(sum / n - 1) < 4 * std::sqrt(rate / (1 - rate) / n));
  }
  REQUIRE(Dropout{.seed = 3}.mask(x, 0).equal(full(x.sizes(), 1)));
}

TEST_CASE("an image's mask does not depend on the batch's split", "[kernels][dropout]") {
  const Tensor whole = Dropout{.seed = 3, .step = 9}.mask(zeros({10, 3, 5, 5}), 0.3);
  for (const auto& [first, count] : {std::pair{0, 1}, {1, 4}, {5, 5}}) {
    Dropout part{.seed = 3, .step = 9, .first_place = static_cast<std::uint32_t>(first)};
    REQUIRE(part.mask(zeros({count, 3, 5, 5}), 0.3).equal(whole.narrow(0, first, count)));
  }
}

TEST_CASE("layers, steps, seeds and images have masks of their own", "[kernels][dropout]") {
  const Tensor x = zeros({2, 100});
  Dropout dropout{.seed = 3, .step = 9};
  const Tensor base = dropout.mask(x, 0.5);
  REQUIRE(dropout.layer == 1);
  REQUIRE_FALSE(dropout.mask(x, 0.5).equal(base));
  REQUIRE_FALSE(Dropout{.seed = 4, .step = 9}.mask(x, 0.5).equal(base));
  REQUIRE_FALSE(Dropout{.seed = 3, .step = 10}.mask(x, 0.5).equal(base));
  REQUIRE_FALSE(base[0].equal(base[1]));
  REQUIRE(Dropout{.seed = 3, .step = 9}.mask(x, 0.5).equal(base));
}
