// SPDX-License-Identifier: MIT
// The posterior by kernels, on an emulated device, beside the CPU's engine in float64.  posterior_test.cpp asks a real
// device, if there is one.
#include "check.hpp"
#include "kernels/emulated.hpp"
#include "optimum/sets.hpp"

#include <diffmem/optimum/detail/device_scan.hpp>
#include <diffmem/optimum/detail/scan.hpp>

#include <numeric>

using namespace diffmem;
using optimum_sets::images, optimum_sets::noisy;

namespace {

struct Answers {
  std::vector<double> mean, log_sum, entropy, max_weight, spread, error, top_weight;
  std::vector<std::int64_t> top;
  Answers(std::size_t n, std::size_t size, std::size_t most)
      : mean(n * size),
        log_sum(n),
        entropy(n),
        max_weight(n),
        spread(n),
        error(n),
        top_weight(n * most),
        top(n * most) {}
};

/// Compares all answers of both engines, and counts the rows that the kernels left to float64.
std::size_t compare(const ImageSet& set, const std::vector<double>& y, const std::vector<double>& s, unsigned top,
                    double tolerance, const std::vector<double>& weights = {},
                    const std::vector<std::int64_t>& members = {}, const emulated::Device& device = {}) {
  const auto count = static_cast<std::size_t>(set.count), size = static_cast<std::size_t>(set.image_size());
  const std::size_t n = s.size(), among = members.empty() ? count : members.size();
  const detail::Points points(set.pixels.data(), count, size, weights, 1);
  std::vector<detail::Query> queries;
  std::vector<detail::Answer> want(n);
  std::vector<double> means(y.size());
  for (std::size_t i = 0; i < n; ++i) {
    queries.push_back({&y[i * size], s[i]});
    want[i].mean = &means[i * size];
  }
  detail::scan(points, members, queries, want, {.tolerance = 0, .top = top});

  Answers got(n, size, top);
  const detail::DeviceScan<emulated::Device> scan(device, set.pixels.data(), count, size, weights);
  const auto left = scan({.members = members.empty() ? nullptr : members.data(),
                          .count = static_cast<std::int64_t>(among),
                          .y = y.data(),
                          .s = s,
                          .tolerance = tolerance,
                          .top = top},
                         {got.mean.data(), got.log_sum.data(), got.entropy.data(), got.max_weight.data(),
                          got.spread.data(), got.error.data(), got.top.data(), got.top_weight.data()});
  double logit = 1;
  for (const auto& a : want) logit = std::max(logit, std::abs(a.log_sum));
  const double bound = 1e-14 * logit + 1e-13 + tolerance;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::find(left.begin(), left.end(), static_cast<std::int64_t>(i)) != left.end()) continue;
    INFO("row " << i << ", sigma " << s[i]);
    REQUIRE(got.error[i] <= tolerance);
    double off = 0;
    for (std::size_t j = 0; j < size; ++j) off = std::max(off, std::abs(got.mean[i * size + j] - want[i].mean[j]));
    REQUIRE(off <= 2 * (got.error[i] + want[i].error + 1e-13));
    REQUIRE(std::abs(got.log_sum[i] - want[i].log_sum) < 2 * bound);
    REQUIRE(std::abs(got.entropy[i] - want[i].entropy) < 20 * bound);
    REQUIRE(std::abs(got.max_weight[i] - want[i].max_weight) < 2 * bound);
    REQUIRE(std::abs(got.spread[i] - want[i].spread) < 8 * static_cast<double>(size) * bound);
    for (std::size_t k = 0; k < top; ++k) {
      REQUIRE(std::abs(got.top_weight[i * top + k] - want[i].top_weight[k]) < 2 * bound);
      // Weights that differ by rounding alone may swap places.
      const bool apart = (k == 0 || want[i].top_weight[k - 1] - want[i].top_weight[k] > 1e-12 * logit) &&
                         (k + 1 == top || want[i].top_weight[k] - want[i].top_weight[k + 1] > 1e-12 * logit);
      if (apart && (k + 1 < top || top == 1 || top == among)) REQUIRE(got.top[i * top + k] == want[i].top[k]);
    }
  }
  return left.size();
}

std::vector<double> all(std::int64_t n, double number) {
  return std::vector<double>(static_cast<std::size_t>(n), number);
}

}  // namespace

TEST_CASE("kernels answer as float64 does, at awkward sizes, ties, and noise from 1e-3 to 1e3", "[optimum][oracle]") {
  struct Case {
    std::int64_t count, values, queries;
    bool equal;
    unsigned top;
  };
  std::size_t asked = 0, left = 0;
  for (const auto& [count, values, queries, equal, top] :
       {Case{1, 1, 1, false, 1}, Case{2, 3, 4, false, 2}, Case{31, 65, 5, false, 5}, Case{31, 65, 5, true, 3},
        Case{1009, 3, 9, false, 1}, Case{1009, 65, 1, false, 4}, Case{31, 3072, 3, false, 1},
        Case{2600, 8, 35, false, 1}, Case{1009, 130, 40, false, 7}})
    for (const double sigma : {1e-3, 0.03, 0.5, 2.0, 80.0, 1e3}) {
      INFO(count << " images of " << values << ", sigma " << sigma);
      const ImageSet set = images(count, values, equal);
      left += compare(set, values_of<double>(noisy(set, queries, sigma)), all(queries, sigma), top, 1e-6);
      asked += static_cast<std::size_t>(queries);
    }
  INFO(left << " of " << asked << " left to float64");
  REQUIRE(left * 20 < asked);  // the kernels do the work
}

TEST_CASE("kernels weigh images, choose members, mix noise, and take batches in parts", "[optimum][oracle]") {
  const ImageSet set = images(700, 40);
  std::vector<double> y = values_of<double>(noisy(set, 70, 1)), s, weights;
  for (std::size_t i = 0; i < 70; ++i) s.push_back(std::exp2(static_cast<double>(i % 12) - 5));
  for (std::size_t i = 0; i < 700; ++i) weights.push_back(static_cast<double>(1 + i % 3));
  std::vector<std::int64_t> members;
  for (std::int64_t i = 0; i < 700; i += 2) members.push_back(i);
  const std::size_t none = compare(set, y, s, 2, 1e-6, weights) + compare(set, y, s, 2, 1e-6, weights, members) +
                           compare(set, y, s, 1, 1e-3, {}, members, {.memory = 1, .blocks_wanted = 40});
  REQUIRE(none < 20);
}

TEST_CASE("kernels' log-sums do not feel what the digits leave of an image", "[optimum][oracle]") {
  ImageSet set = images(1500, 3072, true);  // one image but for a value, so that all weigh about the same
  for (std::int64_t i = 0; i < set.count; ++i) set.pixels[static_cast<std::size_t>(i * 3072 + i % 3072)] ^= 4;
  for (const double sigma : {0.03, 80.0})
    REQUIRE(compare(set, values_of<double>(noisy(set, 2, sigma)), all(2, sigma), 1, 1e-6) == 0);
}

TEST_CASE("kernels leave what their rounding may decide", "[optimum]") {
  const ImageSet set = images(2, 3072);
  std::vector<double> noise(3072);
  RandomStream(5, Stream::train_noise).fill_normal(std::span(noise));
  const auto far = [&](double share) {  // between the images, and far along what they have in common
    std::vector<double> y;
    for (std::size_t j = 0; j < 3072; ++j) {
      const double a = set.image(0)[j], b = set.image(1)[j];
      y.push_back((share * a + (1 - share) * b) / 127.5 - 1 + (a == b ? 300 : 0) * noise[j]);
    }
    return y;
  };
  REQUIRE(compare(set, far(0.5), {1e-3}, 1, 1e-6) == 1);
  REQUIRE(compare(set, far(0.5001), {1}, 1, 1e-6) == 0);
}

TEST_CASE("what the kernels cannot prove they leave, with an error above the tolerance", "[optimum]") {
  const ImageSet same = images(1500, 3, true);  // more equal weights than a list holds
  const std::vector<double> y = values_of<double>(noisy(same, 2, 1));
  REQUIRE(compare(same, y, all(2, 1), 1, 1e-6) == 2);
}
