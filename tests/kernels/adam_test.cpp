// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "kernels/adam_state.hpp"

#include <diffmem/kernels/adam.hpp>

#include <cmath>
#include <limits>

using namespace diffmem;

TEST_CASE("the one-pass step equals the plain one at awkward sizes", "[kernels][adam]") {
  const std::vector<std::size_t> sizes = {1, 3, 15, 16, 17, 1000, (1 << 14) - 1, (1 << 14) + 1, 100'003};
  AdamState plain(sizes), fast(sizes);
  for (std::int64_t count = 1; count <= 5; ++count) {
    const AdamStep step{.lr = 1e-3, .count = count, .ema = count == 1 ? 0.0 : 0.999};
    kernels::adam_ema_plain(plain.w, plain.g, plain.m, plain.v, plain.a, step);
    kernels::adam_ema_cpu(fast.w, fast.g, fast.m, fast.v, fast.a, step);
    REQUIRE(difference(fast.w, plain.w) < 1e-6);
    REQUIRE(difference(fast.m, plain.m) < 1e-6);
    REQUIRE(difference(fast.v, plain.v) < 1e-6);
    REQUIRE(difference(fast.a, plain.a) < 1e-6);
  }
}

TEST_CASE("the first step moves each weight by the learning rate against its gradient", "[kernels][adam]") {
  // With m = v = 0 the corrected moments are g and g^2, so the step is lr g / (|g| + eps).
  const Tensors w = {full({3}, 1, kFloat64)}, g = {tensor_of<double>({2.0, -1e-3, 0.0})}, m = {zeros({3}, kFloat64)},
                v = {zeros({3}, kFloat64)}, a = {zeros({3}, kFloat64)};
  adam_ema(w, g, m, v, a, {.lr = 0.1, .count = 1, .ema = 0.25});
  const auto weight = values_of<double>(w[0]), average = values_of<double>(a[0]);
  REQUIRE(std::abs(weight[0] - 0.9) < 1e-8);
  REQUIRE(std::abs(weight[1] - 1.1) < 2e-6);
  REQUIRE(weight[2] == 1);
  for (std::size_t i = 0; i < 3; ++i) REQUIRE(std::abs(average[i] - 0.75 * weight[i]) < 1e-15);
}

TEST_CASE("both weight decays equal Adam written out in float64", "[kernels][adam][oracle]") {
  struct Case {
    double l2, decay;
  };
  for (const auto& [l2, decay] : {Case{0, 0}, Case{0.3, 0}, Case{0, 0.3}, Case{0.1, 0.2}}) {
    INFO("l2 " << l2 << ", decoupled " << decay);
    const std::vector<std::size_t> sizes = {1, 17, 1003};
    AdamState fast(sizes), plain(sizes);
    for (Tensors* list : {&plain.w, &plain.g, &plain.m, &plain.v, &plain.a})
      for (Tensor& t : *list) t = t.to(kFloat64);
    std::vector<std::vector<double>> w, m, v, a;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      w.push_back(values_of<double>(plain.w[i])), m.push_back(values_of<double>(plain.m[i]));
      v.push_back(values_of<double>(plain.v[i])), a.push_back(values_of<double>(plain.a[i]));
    }
    for (int count = 1; count <= 4; ++count) {
      const AdamStep step{.lr = 0.01 * count, .count = count, .ema = 0.9, .l2 = l2, .decay = decay};
      adam_ema(plain.w, plain.g, plain.m, plain.v, plain.a, step);
      adam_ema(fast.w, fast.g, fast.m, fast.v, fast.a, step);
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto gradient = values_of<double>(plain.g[i]);
        for (std::size_t k = 0; k < gradient.size(); ++k) {
          double &x = w[i][k], &first = m[i][k], &second = v[i][k];
          const double g = gradient[k] + l2 * x;
          first = 0.9 * first + (1 - 0.9) * g;
          second = 0.999 * second + (1 - 0.999) * g * g;
          x -= step.lr * decay * x;
          x -= step.lr * (first / (1 - std::pow(0.9, count))) /
               (std::sqrt(second / (1 - std::pow(0.999, count))) + step.eps);
          a[i][k] = 0.9 * a[i][k] + (1 - 0.9) * x;
        }
      }
    }
    const auto expected = [](const std::vector<std::vector<double>>& lists) {
      Tensors result;
      for (const auto& list : lists) result.push_back(tensor_of(list));
      return result;
    };
    REQUIRE(difference(plain.w, expected(w)) < 1e-12);
    REQUIRE(difference(plain.m, expected(m)) < 1e-12);
    REQUIRE(difference(plain.v, expected(v)) < 1e-12);
    REQUIRE(difference(plain.a, expected(a)) < 1e-12);
    REQUIRE(difference(fast.w, expected(w)) < 2e-6);
    REQUIRE(difference(fast.m, expected(m)) < 2e-6);
    REQUIRE(difference(fast.v, expected(v)) < 2e-6);
    REQUIRE(difference(fast.a, expected(a)) < 2e-6);
  }
}

TEST_CASE("without a gradient decoupled decay shrinks weights alone, by lr times decay", "[kernels][adam]") {
  const Tensors w = {full({5}, 2, kFloat64)}, g = {zeros({5}, kFloat64)}, m = {zeros({5}, kFloat64)},
                v = {zeros({5}, kFloat64)}, a = {zeros({5}, kFloat64)};
  for (int count = 1; count <= 10; ++count) adam_ema(w, g, m, v, a, {.lr = 0.1, .count = count, .decay = 0.5});
  REQUIRE(std::abs(values_of<double>(w[0])[3] - 2 * std::pow(0.95, 10)) < 1e-14);
  REQUIRE(m[0].abs().max().item().toDouble() == 0);
}

TEST_CASE("all_finite finds NaN and infinity at any place", "[kernels][adam]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const float largest = std::numeric_limits<float>::max();
  for (const std::int64_t size : {1, 15, 16, 17, 33, 1000}) {
    Tensors list = {zeros({7}), full({size}, largest), zeros({2}, kFloat64)};
    REQUIRE(kernels::all_finite(list));
    float* data = list[1].mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < size; ++i) {
      for (const float bad : {nan, -nan, inf, -inf}) {
        data[i] = bad;
        REQUIRE_FALSE(kernels::all_finite(list));
      }
      data[i] = -largest;
    }
    REQUIRE(kernels::all_finite(list));
    list[2].fill_(std::numeric_limits<double>::infinity());
    REQUIRE_FALSE(kernels::all_finite(list));
  }
  REQUIRE(kernels::all_finite({}));
  REQUIRE(kernels::all_finite({empty({0})}));
}
