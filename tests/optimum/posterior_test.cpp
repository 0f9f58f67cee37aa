// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/optimum/denoiser.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/sampler/heun.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace diffmem;

namespace {

/// `count` random images of `values` values; every one a copy of image 0 if `equal`, and image 1 always (ties).
ImageSet images(std::int64_t count, std::int64_t values, bool equal = false) {
  ImageSet set{.name = "random",
               .count = count,
               .channels = 1,
               .height = 1,
               .width = values,
               .pixels = {},
               .labels = {},
               .classes = 0};
  for (std::int64_t i = 0; i < count; ++i) {
    RandomStream random(2, Stream::subset, equal || i == 1 ? 0 : static_cast<std::uint64_t>(i));
    for (std::int64_t k = 0; k < values; ++k) set.pixels.push_back(static_cast<std::uint8_t>(random.bits() >> 24));
  }
  return set;
}

double value(const ImageSet& set, std::int64_t i, std::int64_t k) {
  return set.image(i)[static_cast<std::size_t>(k)] / 127.5 - 1;
}

/// n noisy images alpha x + sigma eps: of training images in turn, the last one of none.      float64 [n,1,1,values]
Tensor noisy(const ImageSet& set, std::int64_t n, double sigma, double alpha = 1) {
  std::vector<double> z;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<double> eps(static_cast<std::size_t>(set.image_size()));
    RandomStream(3, Stream::train_noise, static_cast<std::uint64_t>(i)).fill_normal(std::span(eps));
    for (std::int64_t k = 0; k < set.image_size(); ++k)
      z.push_back((i == n - 1 && n > 1 ? 0 : alpha * value(set, (i * 7) % set.count, k)) +
                  sigma * eps[static_cast<std::size_t>(k)]);
  }
  return tensor_of(std::span<const double>(z), {n, set.channels, set.height, set.width});
}
Tensor all(std::int64_t n, double number) { return full({n}, number, kFloat64); }
double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item().toDouble(); }

/// The definitions, term by term, over the images for which `counts` holds.
struct Plain {
  std::vector<double> denoised, log_sum, entropy, max_weight;
  Plain(const ImageSet& set, const Tensor& z, double sigma, double alpha, auto&& counts) {
    const auto values = values_of<double>(z);
    const auto d = static_cast<std::size_t>(set.image_size());
    for (std::size_t row = 0; row < values.size() / d; ++row) {
      std::vector<double> logits;
      std::vector<std::int64_t> members;
      for (std::int64_t i = 0; i < set.count; ++i) {
        if (!counts(row, i)) continue;
        double sum = 0;
        for (std::size_t k = 0; k < d; ++k) {
          const double e = values[row * d + k] - alpha * value(set, i, static_cast<std::int64_t>(k));
          sum += e * e;
        }
        logits.push_back(-sum / (2 * sigma * sigma));
        members.push_back(i);
      }
      const double top = *std::max_element(logits.begin(), logits.end());
      double total = 0;
      for (const double l : logits) total += std::exp(l - top);
      std::vector<double> mean(d);
      double h = 0, most = 0;
      for (std::size_t j = 0; j < logits.size(); ++j) {
        const double w = std::exp(logits[j] - top) / total;
        for (std::size_t k = 0; k < d; ++k) mean[k] += w * value(set, members[j], static_cast<std::int64_t>(k));
        if (w > 0) h -= w * std::log(w);
        most = std::max(most, w);
      }
      denoised.insert(denoised.end(), mean.begin(), mean.end());
      log_sum.push_back(top + std::log(total));
      entropy.push_back(h);
      max_weight.push_back(most);
    }
  }
  Tensor d(const Tensor& like) const { return tensor_of(std::span<const double>(denoised), like.sizes()); }
};
constexpr auto kEvery = [](std::size_t, std::int64_t) { return true; };

}  // namespace

TEST_CASE("the posterior equals its definition at awkward sizes, ties, and noise from 1e-3 to 1e3",
          "[optimum][oracle]") {
  struct Case {
    std::int64_t count, values, queries, tile;
    bool equal;
  };
  for (const auto& [count, values, queries, tile, equal] :
       {Case{1, 1, 1, 1024, false}, Case{2, 3, 4, 1, false}, Case{31, 65, 5, 7, false}, Case{31, 65, 5, 31, true},
        Case{1009, 3, 9, 100, false}, Case{1009, 65, 1, 1008, false}, Case{31, 3072, 3, 30, false}})
    for (const double alpha : {1.0, 0.3})
      for (const double sigma : {1e-3, 0.03, 0.5, 2.0, 80.0, 1e3}) {
        INFO(count << " images of " << values << ", sigma " << sigma << ", alpha " << alpha);
        const ImageSet set = images(count, values, equal);
        const Tensor z = noisy(set, queries, sigma, alpha);
        const Optimum o = Posterior(set, {}, {.tile = tile})(z, all(queries, sigma), all(queries, alpha));
        const Plain plain(set, z, sigma, alpha, kEvery);
        // Of a logit the last bits are lost, more where it is large.
        double logit = 1;
        for (const double l : plain.log_sum) logit = std::max(logit, std::abs(l));
        const double bound = 1e-14 * logit + 1e-13;
        REQUIRE(apart(o.denoised, plain.d(z)) < bound);
        REQUIRE(apart(o.log_sum, tensor_of(plain.log_sum)) < bound);
        REQUIRE(apart(o.entropy, tensor_of(plain.entropy)) < 10 * bound);
        REQUIRE(apart(o.max_weight, tensor_of(plain.max_weight)) < bound);
        REQUIRE(apart(o.score * (sigma * sigma), plain.d(z) * alpha - z) < bound);
        const double constants = std::log(static_cast<double>(count)) +
                                 0.5 * static_cast<double>(values) * std::log(2 * std::numbers::pi * sigma * sigma);
        REQUIRE(apart(o.log_density, tensor_of(plain.log_sum) - constants) < bound + 1e-11);
      }
}

TEST_CASE("tiles change nothing but rounding, and equal images tie to the lowest index", "[optimum]") {
  const ImageSet set = images(50, 12);
  const Tensor z = noisy(set, 8, 0.4);
  const Optimum whole = Posterior(set)(z, all(8, 0.4));
  for (const std::int64_t tile : {1, 3, 49, 50, 51}) {
    const Optimum o = Posterior(set, {}, {.tile = tile})(z, all(8, 0.4));
    REQUIRE(apart(o.denoised, whole.denoised) < 1e-14);
    REQUIRE(apart(o.log_sum, whole.log_sum) < 1e-12);
    REQUIRE(apart(o.entropy, whole.entropy) < 1e-12);
    REQUIRE(o.nearest.equal(whole.nearest));
  }
  // Query 0 is of image 0, whose copy is image 1.
  for (const std::int64_t tile : {1, 2, 50}) {
    const Optimum o = Posterior(set, {}, {.tile = tile})(noisy(set, 1, 1e-3), all(1, 1e-3));
    REQUIRE(o.nearest.item().toLong() == 0);
    REQUIRE(o.max_weight.item().toDouble() == 0.5);
    REQUIRE(std::abs(o.entropy.item().toDouble() - std::log(2.0)) < 1e-15);
  }
}

TEST_CASE("rows may have their own noise, and float32 follows float64", "[optimum]") {
  const ImageSet set = images(300, 192);
  const std::vector<double> sigma = {0.2, 0.7, 3.0, 80.0}, alpha = {1, 0.9, 0.5, 0.1};
  Tensors rows;
  for (std::size_t i = 0; i < sigma.size(); ++i) rows.push_back(noisy(set, 1, sigma[i], alpha[i]));
  const Tensor z = cat(rows).to(kFloat32);  // so that both see the same numbers
  const Posterior wide_posterior(set, {}, {.tile = 64}), narrow(set, {}, {.dtype = kFloat32, .tile = 64});
  const Optimum o = wide_posterior(z, tensor_of(sigma), tensor_of(alpha));
  const Optimum f = narrow(z, tensor_of(sigma), tensor_of(alpha));
  REQUIRE(f.denoised.scalar_type() == kFloat32);
  for (std::int64_t i = 0; i < z.size(0); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Optimum one = wide_posterior(z.narrow(0, i, 1), all(1, sigma[at]), all(1, alpha[at]));
    REQUIRE(apart(one.denoised, o.denoised.narrow(0, i, 1)) < 1e-14);
    REQUIRE(apart(one.log_density, o.log_density.narrow(0, i, 1)) < 1e-11);
    // A logit is off by 1e-6 of itself at most; weights by that, and |x| <= 1.
    const double logit = std::abs(o.log_sum.select(0, i).item().toDouble()) + 10;
    REQUIRE(apart(f.denoised.select(0, i).to(kFloat64), o.denoised.select(0, i)) < 2e-6 * logit);
    REQUIRE(apart(f.log_sum.select(0, i).to(kFloat64), o.log_sum.select(0, i)) < 1e-6 * logit);
  }
}

TEST_CASE("the score is the gradient of the log-density, which integrates to 1", "[optimum][law]") {
  {
    const ImageSet set = images(9, 5);
    const Posterior posterior(set);
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
    const Tensor density = Posterior(line)(z, all(n, sigma), all(n, alpha)).log_density.exp();
    REQUIRE(std::abs(density.sum().item().toDouble() * width - 1) < 1e-12);
  }
}

TEST_CASE("little noise leaves the nearest image, much noise the mean", "[optimum][law]") {
  const ImageSet set = images(40, 30);
  const Tensor z = noisy(set, 6, 0.2);
  const Posterior posterior(set);
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
  const Posterior posterior(set, labels, {.tile = 5});
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
  const Optimum whole = Posterior(set)(z, all(5, 1.5));
  const Optimum one = Posterior(set, std::vector<std::int64_t>(11, 0))(z, all(5, 1.5), {}, full({5}, 0, kInt64));
  REQUIRE(apart(one.denoised, whole.denoised) < 1e-15);
  REQUIRE(apart(one.log_density, whole.log_density) < 1e-12);
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
  const OptimalDenoiser denoise{Posterior(set)};
  const GenerateOptions options{.seed = 1, .images = 100, .batch = 40, .shape = {3, 4, 4}};
  const auto made = generate(Heun{}, denoise, OptimalDenoiser::sigma_range(), options);
  const Memorization m = memorization(made, set.pixels, 48);
  REQUIRE(m.ratio == 1);
  REQUIRE(m.knn_distance < 0.5);

  std::vector<std::int64_t> labels(60);
  for (std::size_t i = 0; i < 60; ++i) labels[i] = static_cast<std::int64_t>(i % 6);
  GenerateOptions of_class = options;
  of_class.classes = 6;
  const OptimalDenoiser conditional{Posterior(set, labels)};
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
  refuses([&] { posterior(z, all(2, 1), {}, full({3}, 0, kInt64)); }, {"classes [3] for 2 images"});
  for (const double empty_class : {1.0, 3.0, -1.0})
    refuses([&] { posterior(z, all(2, 1), {}, full({2}, empty_class, kInt64)); }, {"no training image carries"});
  refuses([&] { Posterior{set}(z, all(2, 1), {}, full({2}, 0, kInt64)); }, {"class 0"});
  refuses([&] { Posterior(set, {0, 1}); }, {"2 labels for 5 images"});
  refuses([&] { Posterior(set, {0, 1, 2, 3, -1}); }, {"label -1"});
  refuses([&] { Posterior(set, {}, {.tile = 0}); }, {"tile 0"});
  refuses([&] { Posterior(set, {}, {.dtype = kInt64}); }, {"float32 or float64"});
}
