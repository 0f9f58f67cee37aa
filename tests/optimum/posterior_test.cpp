// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "optimum/plain.hpp"
#include "optimum/sets.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/kernels/device.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/optimum/denoiser.hpp>
#include <diffmem/optimum/detail/pass.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/sampler/heun.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace diffmem;
using optimum_sets::images, optimum_sets::noisy, optimum_sets::value, optimum_sets::Plain, optimum_sets::kEvery,
    optimum_sets::FarBetween;

namespace {

Tensor all(std::int64_t n, double number) { return full({n}, number, kFloat64); }
double apart(const Tensor& a, const Tensor& b) {
  return (a.to(at::kCPU) - b.to(at::kCPU)).abs().max().item().toDouble();
}
/// Our own engine, LibTorch's operations, and our kernels if there is a device for them.
std::vector<std::optional<at::Device>> devices() {
  std::vector<std::optional<at::Device>> list = {std::nullopt, at::kCPU};
  if (kernels::cuda_here())
    list.emplace_back(at::Device("cuda:0"));
  else if (static bool said = false; !std::exchange(said, true))
    WARN("no CUDA device: CPU only");
  return list;
}

}  // namespace

TEST_CASE("the posterior equals its definition at awkward sizes, ties, and noise from 1e-3 to 1e3",
          "[optimum][oracle]") {
  struct Case {
    std::int64_t count, values, queries;
    bool equal = false;
  };
  std::vector<Case> cases = {{31, 65, 5, true}, {1009, 3072, 1, true}, {2600, 8, 35}};
  for (const std::int64_t count : {1, 2, 31, 1009})
    for (const std::int64_t values : {1, 3, 65, 3072}) cases.push_back({count, values, values % 2 ? 5 : 1});
  for (const auto& [count, values, queries, equal] : cases)
    for (const double alpha : {1.0, 0.3})
      for (const double sigma : {1e-3, 0.03, 0.5, 2.0, 80.0, 1e3}) {
        INFO(count << " images of " << values << ", sigma " << sigma << ", alpha " << alpha);
        const ImageSet set = images(count, values, equal);
        const Tensor z = noisy(set, queries, sigma, alpha);
        const Plain plain(set, z, sigma, alpha, kEvery);
        double logit =
            1;  // whose last bits are lost, and with them the sums'; of the weights' loss error says how much
        for (const double l : plain.log_sum) logit = std::max(logit, std::abs(l));
        const double constants = std::log(static_cast<double>(count)) +
                                 0.5 * static_cast<double>(values) * std::log(2 * std::numbers::pi * sigma * sigma);
        const auto compare = [&](const PosteriorOptions& options, double tolerance) {
          INFO("tolerance " << options.tolerance << (options.device ? ", by LibTorch" : ""));
          const Optimum o = Posterior(set, {}, options)(z, all(queries, sigma), all(queries, alpha));
          const double bound = 1e-14 * logit + 1e-13 + tolerance;
          REQUIRE(o.error.max().item().toDouble() <= std::max(options.tolerance, 1e-7));
          REQUIRE(apart(o.denoised, plain.d(z)) <= 2 * o.error.max().item().toDouble() + 1e-14);
          REQUIRE(apart(o.log_sum, tensor_of(plain.log_sum)) < 2 * bound);
          REQUIRE(apart(o.entropy, tensor_of(plain.entropy)) < 20 * bound);
          REQUIRE(apart(o.max_weight, tensor_of(plain.max_weight)) < 2 * bound);
          REQUIRE(apart(o.spread, tensor_of(plain.spread)) < 8 * static_cast<double>(values) * bound);
          REQUIRE(apart(o.score * (sigma * sigma), plain.d(z) * alpha - z) < 2 * bound);
          REQUIRE(apart(o.noise * -sigma, plain.d(z) * alpha - z) < 2 * bound);
          REQUIRE(apart(o.log_density, tensor_of(plain.log_sum) - constants) < 2 * bound + 1e-11);
        };
        compare({}, 1e-6);
        compare({.tolerance = 1e-3}, 1e-3);
        compare({.tolerance = 0}, 0);
        compare({.device = at::kCPU}, 0);
        if (kernels::cuda_here()) compare({.device = at::Device("cuda:0")}, 1e-6);
      }
}

TEST_CASE("the error bounds denoised, float64's rounding included, where images are equally far from afar",
          "[optimum][oracle]") {
  const FarBetween two;
  double farthest = 0;  // of a denoised value from what it should be
  for (const double alpha : {1.0, 0.3})
    for (const double sigma : {1e-3, 1e-2, 1.0})
      for (const double far : {0.0, 10.0, 100.0, 1e4}) {
        const auto [asked, wanted] = two.noisy(sigma, far, alpha);
        for (const std::optional<at::Device>& device : devices())
          for (const double tolerance : {1e-6, 0.0}) {
            INFO("alpha " << alpha << ", sigma " << sigma << ", " << far << " away" << (device ? ", by LibTorch" : ""));
            const Optimum o = Posterior(two.set, {}, {.tolerance = tolerance, .device = device})(
                asked, all(1, sigma), alpha == 1 ? Tensor() : all(1, alpha));
            const double error = o.error.item().toDouble();
            const double off = apart(o.denoised.flatten(), wanted);
            farthest = std::max(farthest, off);
            REQUIRE(off <= 2 * error + 1e-14);
            if (!device && alpha == 1 && far <= 100) REQUIRE(error <= 1e-6);
          }
      }
  REQUIRE(farthest > 1e-6);  // float64 does lose as much, so that the bound is needed
}

TEST_CASE("every kernel of this machine gives the same sums, on images of any size", "[optimum]") {
  for (const auto& [count, values] : {std::pair<std::int64_t, std::int64_t>{2100, 70}, {5, 70'001}}) {
    const ImageSet set = images(count, values);
    const detail::Points points(set.pixels.data(), static_cast<std::size_t>(count), static_cast<std::size_t>(values),
                                {}, 1);
    for (const double sigma : {0.5, 30.0}) {
      const std::vector<double> y = values_of<double>(noisy(set, 3, sigma));
      const auto ask = [&](const detail::ScanOptions& options) {
        std::vector<double> means(y.size());
        std::vector<detail::Query> queries;
        std::vector<detail::Answer> answers(3);
        for (std::size_t i = 0; i < 3; ++i) {
          queries.push_back({&y[i * static_cast<std::size_t>(values)], sigma});
          answers[i].mean = &means[i * static_cast<std::size_t>(values)];
        }
        detail::scan(points, {}, queries, answers, options);
        return std::pair(tensor_of(means), answers[2].log_sum);
      };
      const auto [want, log_sum] = ask({.tolerance = 0});
      for (const kernels::ByteDots way : kernels::byte_dots_here()) {
        INFO(count << " images of " << values << ", sigma " << sigma << ", kernel " << static_cast<int>(way));
        const auto [got, got_sum] = ask({.way = way});
        REQUIRE(apart(got, want) < 2e-6);
        REQUIRE(std::abs(got_sum - log_sum) < 2e-6 + 1e-14 * std::abs(log_sum));
      }
    }
  }
}

TEST_CASE("the largest weights come in order, equal images by index", "[optimum]") {
  const ImageSet set = images(3000, 12);
  for (const double sigma : {1e-3, 0.3, 2.0, 50.0})
    for (const std::optional<at::Device>& device : devices()) {
      const Tensor z = noisy(set, 20, sigma);
      const Optimum o = Posterior(set, {}, {.top = 5, .device = device})(z, all(20, sigma));
      const Optimum full = Posterior(set, {}, {.tolerance = 0, .top = 3000})(z, all(20, sigma));
      INFO("sigma " << sigma);
      // Weights of one exponent may swap places only if they are equal to rounding.
      REQUIRE(apart(o.top_weight, full.top_weight.narrow(1, 0, 5)) < 2e-6);
      REQUIRE(full.top_weight.diff().max().item().toDouble() <= 0);
      REQUIRE(std::abs(full.top_weight.sum({1}).min().item().toDouble() - 1) < 1e-12);
      if (sigma < 10) REQUIRE(o.top.to(at::kCPU).equal(full.top.narrow(1, 0, 5)));
      REQUIRE(o.nearest.equal(o.top.select(1, 0)));
      REQUIRE(apart(o.top_weight.select(1, 0), o.max_weight) < 2e-6);
      // Query 0 is of image 0, whose copy is image 1.
      if (sigma < 1) REQUIRE(o.top[0][0].item().toLong() == 0);
      if (sigma < 1) REQUIRE(o.top[0][1].item().toLong() == 1);
    }
}

TEST_CASE("memory of the last batch changes nothing beyond the tolerance, wherever the images move", "[optimum]") {
  const ImageSet set = images(4000, 48);
  const Posterior posterior(set), exact(set, {}, {.tolerance = 0});
  PosteriorMemory memory;
  Tensor z = noisy(set, 19, 5);
  double sigma = 5;
  const auto check = [&] {
    const Optimum o = posterior(z, all(z.size(0), sigma), {}, {}, &memory), want = exact(z, all(z.size(0), sigma));
    REQUIRE(o.error.max().item().toDouble() <= 1e-6);
    REQUIRE(apart(o.denoised, want.denoised) < 2e-6);
    REQUIRE(o.nearest.equal(want.nearest));
    return o.denoised;
  };
  for (int step = 0; step < 30; ++step) {  // a sampler's steps
    const Tensor d = check();
    const double next = sigma * 0.75;
    z = d + (z - d) * (next / sigma);
    sigma = next;
  }
  z = noisy(set, 19, 0.3).flip({0}).clone(), sigma = 0.3;  // far away, then near again, then another batch
  check();
  z = z + 0.01, sigma = 0.1;
  check();
  z = noisy(set, 3, 0.2), sigma = 0.2;
  check();
}

TEST_CASE("the largest weights are found where digits alone would confuse them", "[optimum]") {
  const ImageSet set = images(3000, 48);
  const Tensor z = noisy(set, 20, 50);
  // So wide a tolerance leaves one digit, whose errors are larger than the gaps between 3000 logits.
  const Optimum o = Posterior(set, {}, {.tolerance = 0.05, .top = 60})(z, all(20, 50));
  const Optimum want = Posterior(set, {}, {.tolerance = 0, .top = 60})(z, all(20, 50));
  REQUIRE(o.error.min().item().toDouble() > 1e-6);
  REQUIRE(o.top.equal(want.top));
}

TEST_CASE("a sampling's next images need digits for little, and their logits stay right", "[optimum][oracle]") {
  constexpr std::size_t kRows = 19, kSize = 96;
  const ImageSet set = images(4000, kSize);
  const detail::Points points(set.pixels.data(), 4000, kSize, {}, 2);
  std::vector<double> y = values_of<double>(noisy(set, kRows, 20));
  // Rows fall in noise at their own pace, so that some are soon answered by few points and the others make a batch of
  // their own; more steps than images are kept.
  std::vector<double> sigma(kRows, 20), means(y.size()), exact_means(y.size());
  const auto ask = [&](const detail::ScanOptions& options, std::vector<double>& into, detail::Bounds* bounds) {
    std::vector<detail::Query> queries;
    std::vector<detail::Answer> answers(kRows);
    for (std::size_t q = 0; q < kRows; ++q) {
      queries.push_back({&y[q * kSize], sigma[q]});
      answers[q].mean = &into[q * kSize];
    }
    detail::scan(points, {}, queries, answers, options, bounds);
    return answers;
  };
  for (const std::size_t most : {std::size_t{0}, std::size_t{1}, detail::kMostKnown}) {
    detail::Bounds bounds;
    bounds.known_most = most;
    y = values_of<double>(noisy(set, kRows, 20));
    std::fill(sigma.begin(), sigma.end(), 20);
    for (int step = 0; step < 14; ++step) {
      INFO(most << " kept, step " << step);
      const auto got = ask({.threads = 2}, means, &bounds);
      const auto want = ask({.tolerance = 0, .threads = 2}, exact_means, nullptr);
      double off = 0, off_sum = 0, error = 0;
      for (std::size_t q = 0; q < kRows; ++q) {
        for (std::size_t j = q * kSize; j < (q + 1) * kSize; ++j)
          off = std::max(off, std::abs(means[j] - exact_means[j]));
        off_sum = std::max(off_sum, std::abs(got[q].log_sum - want[q].log_sum));
        error = std::max(error, got[q].error);
        REQUIRE(got[q].top == want[q].top);
      }
      REQUIRE(error <= 1e-6);
      REQUIRE(off < 2 * error);
      REQUIRE(off_sum < 2e-7);
      REQUIRE(bounds.known.size() == std::min(most, static_cast<std::size_t>(step + 1)));
      if (step == 1 && most > 1)
        for (std::size_t q = 0; q < kRows; ++q) REQUIRE(bounds.known[1].square[q] < 1e-4 * bounds.known[0].square[q]);
      for (std::size_t q = 0; q < kRows; ++q) {
        const double next = sigma[q] * (q % 3 == 0 ? 0.6 : 0.9), part = next / sigma[q];
        for (std::size_t j = q * kSize; j < (q + 1) * kSize; ++j) y[j] = means[j] + (y[j] - means[j]) * part;
        sigma[q] = next;
      }
    }
  }
}

TEST_CASE("no logit is further off than a pass says, whatever it takes from known products", "[optimum][oracle]") {
  constexpr std::size_t kCount = 500, kSize = 80, kRows = 17;
  ImageSet set = images(kCount, kSize);
  // One value is the same in all images: a query may be huge there, so that products lose their last bits.
  for (std::size_t n = 0; n < kCount; ++n) set.pixels[n * kSize + 3] = 0;
  const detail::Points points(set.pixels.data(), kCount, kSize, {}, 1);
  const detail::ScanOptions options{.top = kCount};
  std::vector<std::size_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0);
  for (const double huge : {0.0, 1e9, 1e12}) {
    detail::Bounds bounds;
    bounds.rows = kRows, bounds.count = kCount, bounds.known_most = 3;
    bounds.distance.resize(32 * kCount), bounds.moved.resize(kRows);
    std::vector<double> y = values_of<double>(noisy(set, kRows, 10));
    const std::vector<double> step = values_of<double>(noisy(set, kRows, 1).flip({0}).clone());
    for (std::size_t q = 0; q < kRows; ++q) y[q * kSize + 3] = huge * static_cast<double>(q + 1);
    for (int k = 0; k < 6; ++k) {
      INFO(huge << ", pass " << k);
      std::vector<detail::Query> queries;
      for (const std::size_t q : rows) queries.push_back({&y[q * kSize], 2.0});
      detail::Pass pass(points, {}, queries, 1, options, &bounds, rows);
      const auto tallies = pass.run();
      for (const std::size_t q : rows) {
        REQUIRE(tallies[q].top.size() == kCount);
        for (const detail::Candidate& c : tallies[q].top) {
          long double logit = -points.half_square[c.point];
          for (std::size_t j = 0; j < kSize; ++j)
            logit += static_cast<long double>(y[q * kSize + j]) * (points[c.point][j] - 127.5L) / 127.5L;
          const auto off = static_cast<double>(std::abs(c.logit - logit / 4));
          if (!(off <= pass.slack(q))) FAIL(off << " off, said to be " << pass.slack(q));
        }
        if (huge == 0 && k > 0) REQUIRE(pass.slack(q) < 1e-5);
      }
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0.7 * y[i] + 0.1 * step[i];
    }
  }
}

TEST_CASE("at an unchanged s only what the weights changed by becomes digits, and the answers stay right",
          "[optimum][oracle]") {
  constexpr std::size_t kCount = 5000, kSize = 96, kRows = 19;
  const ImageSet set = images(kCount, kSize);
  const detail::Points points(set.pixels.data(), kCount, kSize, {}, 2);
  for (const double sigma : {20.0, 3.0}) {
    const std::vector<double> start = values_of<double>(noisy(set, kRows, sigma));
    const std::vector<double> step = values_of<double>(noisy(set, kRows, 1).flip({0}).clone());
    detail::Bounds bounds;
    // Little further; nothing like it, where the weights of before are of no use; and where they were kept.
    for (const double far : {0.0, 1e-3, 1e-2, 30.0, 1e-2}) {
      INFO("sigma " << sigma << ", moved by " << far);
      std::vector<double> y, means(start.size()), exact_means(start.size());
      for (std::size_t i = 0; i < start.size(); ++i) y.push_back(start[i] + far * step[i]);
      const auto ask = [&](double tolerance, std::vector<double>& into, detail::Bounds* from) {
        std::vector<detail::Query> queries;
        std::vector<detail::Answer> answers(kRows);
        for (std::size_t q = 0; q < kRows; ++q)
          queries.push_back({&y[q * kSize], sigma}), answers[q].mean = &into[q * kSize];
        detail::scan(points, {}, queries, answers, {.tolerance = tolerance, .threads = 2}, from);
        return answers;
      };
      const auto got = ask(1e-6, means, &bounds), want = ask(0, exact_means, nullptr);
      for (std::size_t q = 0; q < kRows; ++q) {
        double off = 0;
        for (std::size_t j = q * kSize; j < (q + 1) * kSize; ++j)
          off = std::max(off, std::abs(means[j] - exact_means[j]));
        REQUIRE(got[q].error <= 1e-6);
        REQUIRE(off <= 2 * got[q].error);
        REQUIRE(std::abs(got[q].log_sum - want[q].log_sum) < 2e-7);
        REQUIRE(std::abs(got[q].spread - want[q].spread) < 1e-4);
        REQUIRE(got[q].top == want[q].top);
        // Where they are used, those of the first time stay; where not, others take their place.
        if (far < 2e-3) REQUIRE(bounds.weights.image[q * kSize] == start[q * kSize]);
        if (far > 1) REQUIRE((bounds.weights.s[q] == 0 || bounds.weights.image[q * kSize] == y[q * kSize]));
      }
    }
  }
}

TEST_CASE("images that count more than once are as so many copies", "[optimum][law]") {
  const ImageSet set = images(40, 6);
  std::vector<double> weights(40, 1);
  std::vector<std::int64_t> copies;
  for (std::int64_t i = 0; i < 40; ++i) {
    weights[static_cast<std::size_t>(i)] = static_cast<double>(1 + i % 3);
    for (std::int64_t k = 0; k <= i % 3; ++k) copies.push_back(i);
  }
  const ImageSet many = select(set, copies);
  for (const double sigma : {0.05, 0.5, 5.0})
    for (const std::optional<at::Device>& device : devices()) {
      const Tensor z = noisy(set, 6, sigma);
      const Optimum o = Posterior(set, {}, {.weights = weights, .device = device})(z, all(6, sigma));
      const Optimum want = Posterior(many, {}, {.tolerance = 0})(z, all(6, sigma));
      REQUIRE(apart(o.denoised, want.denoised) < 2e-6);
      REQUIRE(apart(o.log_sum, want.log_sum) < 2e-6);
      REQUIRE(apart(o.log_density, want.log_density) < 2e-6);
      REQUIRE(apart(o.spread, want.spread) < 1e-4);
    }
}

TEST_CASE("the Jacobian's products are the optimum's slopes", "[optimum][law]") {
  const ImageSet set = images(30, 7);
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 30; ++i) labels.push_back(i % 2);
  const Tensor z = noisy(set, 4, 0.6, 0.8), sigma = all(4, 0.6), alpha = all(4, 0.8), v = noisy(set, 4, 1).sin();
  const Tensor classes = tensor_of<std::int64_t>({0, 1, 1, 0});
  const double step = 1e-5;
  for (const std::optional<at::Device>& device : devices())
    for (const Tensor& c : {Tensor(), classes}) {
      const Posterior posterior(set, labels, {.tolerance = 0, .device = device});
      const Tensor slope =
          (posterior(z + v * step, sigma, alpha, c).denoised - posterior(z - v * step, sigma, alpha, c).denoised) /
          (2 * step);
      REQUIRE(apart(posterior.jacobian_product(z, sigma, v, alpha, c), slope) < 1e-8);
    }
}

TEST_CASE("rows may have their own noise, and do not depend on their neighbours", "[optimum]") {
  const ImageSet set = images(300, 192);
  const std::vector<double> sigma = {0.2, 0.7, 3.0, 80.0}, alpha = {1, 0.9, 0.5, 0.1};
  Tensors rows;
  for (std::size_t i = 0; i < sigma.size(); ++i) rows.push_back(noisy(set, 1, sigma[i], alpha[i]));
  const Tensor z = cat(rows);
  const Posterior posterior(set);
  const Optimum o = posterior(z, tensor_of(sigma), tensor_of(alpha));
  for (std::int64_t i = 0; i < z.size(0); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Optimum one = posterior(z.narrow(0, i, 1), all(1, sigma[at]), all(1, alpha[at]));
    REQUIRE(apart(one.denoised, o.denoised.narrow(0, i, 1)) < 2e-6);
    REQUIRE(apart(one.log_density, o.log_density.narrow(0, i, 1)) < 2e-6);
  }
}

TEST_CASE("pixels may stay where they are, and threads change nothing but rounding", "[optimum]") {
  const ImageSet set = images(5000, 40);
  const Tensor z = noisy(set, 18, 1);
  const Optimum one = Posterior(set, {}, {.threads = 1})(z, all(18, 1));
  const Optimum o = Posterior(std::span(set.pixels), {1, 1, 40}, {}, {.threads = 3})(z, all(18, 1));
  REQUIRE(apart(one.denoised, o.denoised) < 1e-12);
  REQUIRE(one.nearest.equal(o.nearest));
}

TEST_CASE("the score is the gradient of the log-density, which integrates to 1", "[optimum][law]") {
  {
    const ImageSet set = images(9, 5);
    const Posterior posterior(set, {}, {.tolerance = 0});
    const Tensor z = noisy(set, 3, 0.6, 0.8);
    const Optimum o = posterior(z, all(3, 0.6), all(3, 0.8));
    const double step = 1e-5;
    for (std::int64_t k = 0; k < 5; ++k) {
      Tensor up = z.clone(), down = z.clone();
      up.select(3, k).add_(step), down.select(3, k).sub_(step);
      const Tensor slope = (posterior(up, all(3, 0.6), all(3, 0.8)).log_density -
                            posterior(down, all(3, 0.6), all(3, 0.8)).log_density) /
                           (2 * step);
      REQUIRE(apart(slope, o.score.select(3, k).flatten()) < 1e-7);
    }
  }
  const ImageSet line = images(3, 1);
  for (const auto& [sigma, alpha] : {std::pair{0.1, 1.0}, {0.5, 0.4}}) {
    const std::int64_t n = 20'001;
    const double width = 10.0 / static_cast<double>(n - 1);
    const Tensor z = (arange(n, kFloat64) * width - 5.0).reshape({n, 1, 1, 1});
    const Tensor density = Posterior(line, {}, {.tolerance = 0})(z, all(n, sigma), all(n, alpha)).log_density.exp();
    REQUIRE(std::abs(density.sum().item().toDouble() * width - 1) < 1e-12);
  }
}

TEST_CASE("little noise leaves the nearest image, much noise the mean", "[optimum][law]") {
  const ImageSet set = images(40, 30);
  const Tensor z = noisy(set, 6, 0.2);
  const Posterior posterior(set, {}, {.tolerance = 0});
  const Optimum cold = posterior(z, all(6, 1e-3)), hot = posterior(z, all(6, 1e4));
  const auto nearest = values_of<std::int64_t>(cold.nearest);
  for (std::int64_t row = 1; row < 6; ++row)  // row 0 is of an image that is there twice
    for (std::int64_t k = 0; k < 30; ++k)
      REQUIRE(cold.denoised.select(0, row).flatten()[k].item().toDouble() ==
              value(set, nearest[static_cast<std::size_t>(row)], k));
  REQUIRE(cold.entropy.narrow(0, 1, 5).abs().max().item().toDouble() == 0);
  REQUIRE(std::abs(hot.entropy.min().item().toDouble() - std::log(40.0)) < 1e-6);
  REQUIRE(std::abs(hot.max_weight.max().item().toDouble() - 1 / 40.0) < 1e-6);
  for (std::int64_t k = 0; k < 30; ++k) {
    double mean = 0;
    for (std::int64_t i = 0; i < 40; ++i) mean += value(set, i, k) / 40;
    REQUIRE(std::abs(hot.denoised.select(0, 2).flatten()[k].item().toDouble() - mean) < 1e-6);
  }
}

TEST_CASE("a class's optimum is over its images alone, and classes merge into the whole", "[optimum][law]") {
  const ImageSet set = images(37, 9);
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 37; ++i) labels.push_back(i * i % 4);  // 0 and 1 only, of 37: classes 2, 3 are empty
  const Posterior posterior(set, labels, {.tolerance = 0});
  const Tensor z = noisy(set, 7, 0.5);
  const std::vector<std::int64_t> asked = {1, 0, 0, 1, 0, 1, 1};
  const Optimum o = posterior(z, all(7, 0.5), {}, tensor_of(asked));
  const Plain plain(set, z, 0.5, 1,
                    [&](std::size_t row, std::int64_t i) { return labels[static_cast<std::size_t>(i)] == asked[row]; });
  REQUIRE(apart(o.denoised, plain.d(z)) < 1e-13);
  REQUIRE(apart(o.log_sum, tensor_of(plain.log_sum)) < 1e-11);
  REQUIRE(apart(o.entropy, tensor_of(plain.entropy)) < 1e-11);
  REQUIRE(apart(o.max_weight, tensor_of(plain.max_weight)) < 1e-13);
  for (std::size_t row = 0; row < 7; ++row)
    REQUIRE(labels[static_cast<std::size_t>(values_of<std::int64_t>(o.nearest)[row])] == asked[row]);

  // D*(z) = sum_c pi_c D*(z, c), pi = softmax of the classes' log-sums.
  const Optimum whole = posterior(z, all(7, 0.5)), zero = posterior(z, all(7, 0.5), {}, full({7}, 0, kInt64)),
                one = posterior(z, all(7, 0.5), {}, full({7}, 1, kInt64));
  const Tensor share = stack({zero.log_sum, one.log_sum}).softmax(0, std::nullopt);
  REQUIRE(apart(wide(share.select(0, 0)) * zero.denoised + wide(share.select(0, 1)) * one.denoised, whole.denoised) <
          1e-13);
  REQUIRE(apart(stack({zero.log_sum, one.log_sum}).exp().sum({0}).log(), whole.log_sum) < 1e-11);
}

TEST_CASE("one class is the unconditional optimum, unique labels give each its image", "[optimum][law]") {
  const ImageSet set = images(11, 6);
  const Tensor z = noisy(set, 5, 1.5);
  std::vector<std::int64_t> unique(11);
  for (std::size_t i = 0; i < 11; ++i) unique[i] = static_cast<std::int64_t>(i);
  const Optimum whole = Posterior(set, {}, {.tolerance = 0})(z, all(5, 1.5));
  const Optimum one =
      Posterior(set, std::vector<std::int64_t>(11, 0), {.tolerance = 0})(z, all(5, 1.5), {}, full({5}, 0, kInt64));
  REQUIRE(apart(one.denoised, whole.denoised) < 1e-15);
  REQUIRE(apart(one.log_density, whole.log_density) < 1e-12);
  unique[7] = std::int64_t{1} << 60;
  REQUIRE(Posterior(set, unique)(z, all(5, 1.5), {}, full({5}, std::int64_t{1} << 60, kInt64))
              .nearest.equal(full({5}, 7, kInt64)));
  unique[7] = 7;
  const Optimum each = Posterior(set, unique)(z, all(5, 1.5), {}, tensor_of<std::int64_t>({10, 2, 2, 0, 7}));
  REQUIRE(values_of<std::int64_t>(each.nearest) == std::vector<std::int64_t>{10, 2, 2, 0, 7});
  for (std::int64_t k = 0; k < 6; ++k)
    REQUIRE(each.denoised.select(0, 4).flatten()[k].item().toDouble() == value(set, 7, k));
}

TEST_CASE("sampling from the optimum returns training images", "[optimum][sampler]") {
  // Fig. 1a.  Image 1 is image 0 again, and a copy of a duplicate does not count; leave it out.
  ImageSet set = images(61, 48);
  std::vector<std::int64_t> kept = {0};
  for (std::int64_t i = 2; i < 61; ++i) kept.push_back(i);
  set = select(set, kept);
  set.channels = 3, set.height = 4, set.width = 4;
  OptimalDenoiser denoise{Posterior(set)};
  const GenerateOptions options{.seed = 1, .images = 100, .batch = 40, .shape = {3, 4, 4}};
  const auto made = generate(Heun{}, denoise, OptimalDenoiser::sigma_range(), options);
  const Memorization m = memorization(made, set.pixels, 48);
  REQUIRE(m.ratio == 1);
  REQUIRE(m.knn_distance < 0.5);

  std::vector<std::int64_t> labels(60);
  for (std::size_t i = 0; i < 60; ++i) labels[i] = static_cast<std::int64_t>(i % 6);
  GenerateOptions of_class = options;
  of_class.classes = 6;
  OptimalDenoiser conditional{Posterior(set, labels)};
  const auto some = generate(Heun{}, conditional, OptimalDenoiser::sigma_range(), of_class);
  const Memorization c = memorization(some, set.pixels, 48);
  const auto asked = generation_labels(LabelLaw::uniform, 1, 0, 100, 6);
  REQUIRE(c.ratio == 1);
  for (std::size_t i = 0; i < 100; ++i)
    REQUIRE(labels[static_cast<std::size_t>(c.neighbours.index[2 * i])] == asked[i]);
}

TEST_CASE("what does not fit is refused with both sides named", "[optimum][bad]") {
  const ImageSet set = images(5, 4);
  const Posterior posterior(set, {0, 0, 2, 2, 2});
  const Tensor z = noisy(set, 2, 1);
  const auto refuses = [](auto&& call, std::initializer_list<std::string_view> words) {
    INFO(complaint(call));
    REQUIRE(says(complaint(call), "posterior", words));
  };
  refuses([&] { posterior(z.narrow(3, 0, 3), all(2, 1)); }, {"images [2,1,1,3]", "[N,1,1,4]"});
  refuses([&] { posterior(z, all(3, 1)); }, {"sigma [3] for 2 images"});
  refuses([&] { posterior(z, all(2, 0)); }, {"sigma", "sigma > 0"});
  refuses([&] { posterior(z, all(2, std::nan(""))); }, {"sigma > 0"});
  refuses([&] { posterior(z, all(2, 1), all(2, 0)); }, {"alpha > 0"});
  for (const double sigma : {1e-155, 1e-300, 1e40})
    refuses([&] { posterior(z, all(2, sigma)); }, {"sigma 1e", "1e-30 to 1e+30"});
  refuses([&] { posterior(z, all(2, 1e-20), all(2, 1e20)); }, {"sigma / alpha 1e-40"});
  refuses([&] { posterior(z * 1e160, all(2, 1)); }, {"e+160 in z / alpha", "at most 1e+30"});
  refuses([&] { posterior(z, all(2, 1), {}, full({3}, 0, kInt64)); }, {"classes [3] for 2 images"});
  for (const double empty_class : {1.0, 3.0, -1.0})
    refuses([&] { posterior(z, all(2, 1), {}, full({2}, empty_class, kInt64)); }, {"no training image carries"});
  refuses([&] { Posterior{set}(z, all(2, 1), {}, full({2}, 0, kInt64)); }, {"class 0"});
  refuses([&] { Posterior(set, {0, 1}); }, {"2 labels for 5 images"});
  refuses([&] { Posterior(set, {0, 1, 2, 3, -1}); }, {"label -1"});
  refuses([&] { Posterior(set, {}, {.tolerance = 1}); }, {"tolerance 1"});
  refuses([&] { Posterior(set, {}, {.top = 6}); }, {"top 6", "1 to 5"});
  refuses([&] { Posterior(set, {}, {.weights = {1, 1}}); }, {"2 weights for 5 images"});
  refuses([&] { Posterior(set, {}, {.weights = {1, 1, 0, 1, 1}}); }, {"weight 0"});
  refuses([&] { Posterior(std::span(set.pixels).first(7), {1, 1, 4}); }, {"7 pixels", "[1,1,4]"});
  refuses([&] { posterior(z * std::nan(""), all(2, 1)); }, {"not finite"});
  refuses([&] { posterior.jacobian_product(z, all(2, 1), z.narrow(0, 0, 1)); }, {"v [1,1,1,4]"});
}

TEST_CASE("a memory of other training images is not used", "[optimum]") {
  // The same noisy images asked of two training sets of one shape: the memory of the first says nothing of the second.
  const auto set_of = [](std::uint64_t seed) {
    ImageSet set{.name = "random",
                 .count = 3000,
                 .channels = 3,
                 .height = 8,
                 .width = 8,
                 .pixels = {},
                 .labels = {},
                 .classes = 0};
    RandomStream random(seed, Stream::subset, 0);
    for (std::int64_t i = 0; i < set.count * set.image_size(); ++i)
      set.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    return set;
  };
  const ImageSet a = set_of(1), b = set_of(2);
  const Posterior first(a), second(b);
  std::vector<double> values;
  for (const std::uint8_t v : b.image(7)) values.push_back(v / 127.5 - 1 + 0.001);
  const Tensor z = tensor_of(values).reshape({1, 3, 8, 8}), sigma = full({1}, 0.1, kFloat64);
  PosteriorMemory memory;
  first(z, sigma, {}, {}, &memory);
  first(z, sigma, {}, {}, &memory);
  const Optimum asked = second(z, sigma, {}, {}, &memory), plain = second(z, sigma);
  REQUIRE(asked.nearest.item<std::int64_t>() == 7);
  REQUIRE((asked.denoised - plain.denoised).abs().max().item<double>() < 1e-6);
}
