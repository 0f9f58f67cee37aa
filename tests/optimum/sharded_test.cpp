// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "optimum/plain.hpp"
#include "world/worlds.hpp"

#include <diffmem/optimum/denoiser.hpp>
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/sampler/heun.hpp>

using namespace diffmem;
using optimum_sets::FarBetween, optimum_sets::images, optimum_sets::noisy, optimum_sets::Plain, optimum_sets::kEvery;
using worlds::on_each;

namespace {

Tensor all(std::int64_t n, double number) { return full({n}, number, kFloat64); }
double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item().toDouble(); }
bool equal(const Tensor& a, const Tensor& b) { return a.equal(b); }

/// How many of the images each process holds.
using Uneven = std::vector<std::int64_t>;

template <class T>
std::vector<T> part_of_list(const std::vector<T>& list, std::int64_t first, std::int64_t count) {
  return list.empty() ? list : std::vector<T>(list.begin() + first, list.begin() + first + count);
}

/// make(posterior) on each rank, over `set` cut into parts of such sizes.
auto on_shards(const ImageSet& set, const Uneven& parts, const PosteriorOptions& options,
               const std::vector<std::int64_t>& labels, auto&& make) {
  return on_each(static_cast<int>(parts.size()), [&](const World& world) {
    const auto rank = static_cast<std::size_t>(world.rank());
    std::int64_t first = 0;
    for (std::size_t r = 0; r < rank; ++r) first += parts[r];
    const auto size = static_cast<std::size_t>(set.image_size());
    PosteriorOptions own = options;
    own.threads = 1, own.world = &world;
    own.weights = part_of_list(options.weights, first, parts[rank]);
    const std::span<const std::uint8_t> here(set.pixels.data() + static_cast<std::size_t>(first) * size,
                                             static_cast<std::size_t>(parts[rank]) * size);
    return make(Posterior(here, {set.channels, set.height, set.width}, part_of_list(labels, first, parts[rank]), own),
                world);
  });
}

void same_to_the_bit(const Optimum& a, const Optimum& b) {
  for (const auto field : {&Optimum::denoised, &Optimum::score, &Optimum::noise, &Optimum::log_sum,
                           &Optimum::log_density, &Optimum::entropy, &Optimum::max_weight, &Optimum::spread,
                           &Optimum::nearest, &Optimum::top, &Optimum::top_weight, &Optimum::error})
    REQUIRE(equal(a.*field, b.*field));
}

}  // namespace

TEST_CASE("a sharded set's optimum is the whole set's, at any noise, ties and empty shards included",
          "[optimum][sharded][oracle]") {
  struct Case {
    std::int64_t count, values, queries;
    std::vector<Uneven> parts;
  };
  const std::vector<Case> cases = {{61, 65, 5, {{61}, {1, 60}, {40, 21}, {0, 30, 31}, {1, 2, 58}}},
                                   {2, 3, 4, {{1, 1}, {2, 0}, {0, 1, 1}}},
                                   {900, 3072, 3, {{700, 200}, {300, 299, 301}}},
                                   {5000, 8, 35, {{2600, 2400}, {100, 2450, 2450}}}};
  struct Question {
    double alpha, sigma;
    Tensor z;
    Plain plain;
  };
  for (const auto& [count, values, queries, many] : cases) {
    const ImageSet set = images(count, values);  // image 1 equals image 0
    std::vector<Question> questions;
    for (const double alpha : {1.0, 0.3})
      for (const double sigma : {1e-3, 0.03, 0.5, 2.0, 80.0, 1e3}) {
        const Tensor z = noisy(set, queries, sigma, alpha);
        questions.push_back({alpha, sigma, z, Plain(set, z, sigma, alpha, kEvery)});
      }
    for (const PosteriorOptions& options : std::vector<PosteriorOptions>{
             {.top = 2}, {.tolerance = 1e-3, .top = 2}, {.tolerance = 0, .top = 2}, {.top = 2, .device = at::kCPU}}) {
      const auto ask = [&](const Posterior& posterior) {
        std::vector<Optimum> answers;
        for (const auto& [alpha, sigma, z, plain] : questions)
          answers.push_back(posterior(z, all(queries, sigma), all(queries, alpha)));
        return answers;
      };
      const std::vector<Optimum> whole = ask(Posterior(set, {}, options));
      for (const Uneven& parts : many) {
        const auto found = on_shards(set, parts, options, {}, [&](const Posterior& p, const World&) { return ask(p); });
        for (std::size_t i = 0; i < questions.size(); ++i) {
          const auto& [alpha, sigma, z, plain] = questions[i];
          INFO(count << " images of " << values << " in " << parts.size() << " parts, the first " << parts[0]
                     << ", sigma " << sigma << ", alpha " << alpha << ", tolerance " << options.tolerance
                     << (options.device ? ", by LibTorch" : ""));
          const Optimum &o = found[0][i], &w = whole[i];
          for (const auto& other : found) same_to_the_bit(other[i], o);
          double logit = 1;
          for (const double l : plain.log_sum) logit = std::max(logit, std::abs(l));
          const double error = o.error.max().item().toDouble();
          const double bound = 1e-14 * logit + 1e-13 + error + w.error.max().item().toDouble();
          REQUIRE(error <= 1.5 * std::max(options.tolerance, 1e-7));
          REQUIRE(apart(o.denoised, plain.d(z)) <= 2 * error + 1e-14);
          REQUIRE(apart(o.denoised, w.denoised) <= 2 * bound);
          REQUIRE(apart(o.log_sum, tensor_of(plain.log_sum)) < 2 * bound);
          REQUIRE(apart(o.entropy, tensor_of(plain.entropy)) < 20 * bound);
          REQUIRE(apart(o.max_weight, tensor_of(plain.max_weight)) < 2 * bound);
          REQUIRE(apart(o.spread, tensor_of(plain.spread)) < 8 * static_cast<double>(values) * bound);
          REQUIRE(apart(o.score * (sigma * sigma), plain.d(z) * alpha - z) < 2 * bound);
          REQUIRE(apart(o.noise * -sigma, plain.d(z) * alpha - z) < 2 * bound);
          REQUIRE(apart(o.log_density, w.log_density) < 2 * bound + 1e-11);
          REQUIRE(apart(o.top_weight, w.top_weight) < 4 * bound);
          REQUIRE(equal(o.nearest, o.top.select(1, 0)));
          // Weights of one exponent may swap places only if they are equal to rounding.
          if (sigma < 1) REQUIRE(equal(o.top, w.top));
        }
      }
    }
  }
}

TEST_CASE("classes and weights of sharded images, a class that is in one shard alone included",
          "[optimum][sharded][oracle]") {
  const ImageSet set = images(40, 12);
  std::vector<std::int64_t> labels;
  PosteriorOptions options{.top = 3};
  for (std::int64_t i = 0; i < 40; ++i) {
    labels.push_back(i < 10 ? 0 : i < 38 ? i % 3 : 5);  // class 5 has two images, 0 is everywhere
    options.weights.push_back(1 + static_cast<double>(i % 4));
  }
  const std::vector<std::int64_t> wanted{0, 5, 2, 1, -1};
  for (const bool weighted : {false, true})
    for (const std::optional<at::Device>& device : std::vector<std::optional<at::Device>>{std::nullopt, at::kCPU}) {
      PosteriorOptions own = options;
      own.device = device;
      if (!weighted) own.weights.clear();
      for (const double sigma : {0.05, 0.6, 5.0}) {
        const Tensor z = noisy(set, 5, sigma), v = noisy(set, 5, 1);
        const Tensor classes = tensor_of<std::int64_t>({0, 5, 2, 1, 0});
        const auto ask = [&](const Posterior& p) {
          return std::tuple(p(z, all(5, sigma), {}, classes), p(z, all(5, sigma)),
                            p.jacobian_product(z, all(5, sigma), v, all(5, 0.5), classes), p.count());
        };
        const auto [of_class, of_all, product, count] = ask(Posterior(set, labels, own));
        for (const Uneven& parts : std::vector<Uneven>{{40}, {10, 30}, {38, 2}, {12, 0, 28}})
          for (const auto& [c, a, p, n] :
               on_shards(set, parts, own, labels, [&](const Posterior& p, const World&) { return ask(p); })) {
            INFO(parts.size() << " parts, sigma " << sigma << (weighted ? ", weighted" : "")
                              << (device ? ", by LibTorch" : ""));
            REQUIRE(n == count);
            for (const auto& [o, w] : {std::pair(c, of_class), std::pair(a, of_all)}) {
              REQUIRE(equal(o.top, w.top));
              for (const auto field : {&Optimum::denoised, &Optimum::log_sum, &Optimum::log_density, &Optimum::entropy,
                                       &Optimum::max_weight, &Optimum::top_weight})
                REQUIRE(apart(o.*field, w.*field) < 1e-5);
              REQUIRE(apart(o.spread, w.spread) < 1e-4);
              REQUIRE(apart(o.denoised, w.denoised) <=
                      2 * (o.error.max().item().toDouble() + w.error.max().item().toDouble()) + 1e-14);
            }
            REQUIRE(apart(p, product) < 1e-5 * std::max(1.0, product.abs().max().item().toDouble()));
          }
      }
    }
}

TEST_CASE("processes may ask each its own, of other numbers", "[optimum][sharded]") {
  const ImageSet set = images(50, 9);
  const std::vector<std::int64_t> labels(50, 0);
  const auto question = [&](int rank) { return noisy(set, rank + 1, 0.5) + 0.1 * rank; };
  const auto found = on_shards(set, {20, 10, 20}, {}, labels, [&](const Posterior& p, const World& world) {
    const Tensor z = question(world.rank());
    const std::int64_t n = z.size(0);
    return std::tuple(p(z, all(n, 0.5), all(n, 0.8), world.leads() ? Tensor() : zeros({n}, kInt64)),
                      p.jacobian_product(z, all(n, 0.5), z, all(n, 0.8)));
  });
  const Posterior whole(set, labels);
  for (int rank = 0; rank < 3; ++rank) {
    const auto& [o, product] = found[static_cast<std::size_t>(rank)];
    const Tensor z = question(rank);
    const Optimum w = whole(z, all(rank + 1, 0.5), all(rank + 1, 0.8));
    REQUIRE(apart(o.denoised, w.denoised) <= 1e-5);
    REQUIRE(apart(o.score, w.score) <= 1e-4);
    REQUIRE(equal(o.nearest, w.nearest));
    REQUIRE(apart(o.log_density, w.log_density) <= 1e-5);
    REQUIRE(apart(product, whole.jacobian_product(z, all(rank + 1, 0.5), z, all(rank + 1, 0.8))) < 1e-4);
  }
}

TEST_CASE("the error bounds denoised where shards share the weight from afar", "[optimum][sharded][oracle]") {
  const FarBetween two;
  struct Question {
    double sigma, far;
    FarBetween::Noisy noisy;
  };
  std::vector<Question> questions;
  for (const double sigma : {1e-15, 1e-3, 1e-2, 1.0})
    for (const double far : {0.0, 10.0, 100.0, 1e4, 1e6}) questions.push_back({sigma, far, two.noisy(sigma, far)});
  double farthest = 0;
  for (const PosteriorOptions& options : std::vector<PosteriorOptions>{{}, {.tolerance = 0}, {.device = at::kCPU}})
    for (const auto& answers : on_shards(two.set, {1, 1}, options, {}, [&](const Posterior& p, const World&) {
           std::vector<Optimum> list;
           for (const Question& q : questions) list.push_back(p(q.noisy.z, all(1, q.sigma)));
           return list;
         }))
      for (std::size_t i = 0; i < questions.size(); ++i) {
        const auto& [sigma, far, noisy] = questions[i];
        INFO("sigma " << sigma << ", " << far << " away, tolerance " << options.tolerance);
        const double error = answers[i].error.item().toDouble();
        const double off = apart(answers[i].denoised.flatten(), noisy.denoised);
        farthest = std::max(farthest, off);
        REQUIRE(off <= 2 * error + 1e-14);
        if (!options.device && sigma == 1 && far <= 100) REQUIRE(error <= 1e-6);
      }
  REQUIRE(farthest > 1e-3);  // the bound is needed
}

TEST_CASE("what a share's log-sum may be off by is proved, whichever way it was found", "[optimum][sharded][oracle]") {
  double farthest = 0;
  for (const auto& [count, values] : {std::pair<std::int64_t, std::int64_t>{2, 65}, {3000, 48}, {900, 3072}}) {
    const ImageSet set = images(count, values);
    const auto size = static_cast<std::size_t>(values);
    const detail::Points points(set.pixels.data(), static_cast<std::size_t>(count), size, {}, 1);
    for (const double sigma : {1e-3, 0.1, 0.5, 1.0, 2.0, 5.0, 80.0, 1e3}) {
      const std::vector<double> y = values_of<double>(noisy(set, 4, sigma));
      std::vector<long double> exact;
      for (std::size_t row = 0; row < 4; ++row) {
        std::vector<long double> logits;
        for (std::int64_t i = 0; i < count; ++i) {
          long double sum = 0;
          for (std::size_t j = 0; j < size; ++j) {
            const long double e = y[row * size + j] - (set.image(i)[j] / 127.5L - 1);
            sum += e * e;
          }
          logits.push_back(-sum / (2.0L * sigma * sigma));
        }
        const long double most = *std::ranges::max_element(logits);
        long double sum = 0;
        for (const long double l : logits) sum += std::exp(l - most);
        exact.push_back(most + std::log(sum));
      }
      for (const double tolerance : {0.0, 1e-6, 1e-3, 0.06}) {
        std::vector<double> means(y.size());
        std::vector<detail::Query> queries;
        std::vector<detail::Answer> answers(4);
        for (std::size_t row = 0; row < 4; ++row) {
          queries.push_back({&y[row * size], sigma});
          answers[row].mean = &means[row * size];
        }
        detail::scan(points, {}, queries, answers, {.tolerance = tolerance});
        for (std::size_t row = 0; row < 4; ++row) {
          INFO(count << " images of " << values << ", sigma " << sigma << ", tolerance " << tolerance);
          const auto off = static_cast<double>(std::abs(answers[row].log_sum - exact[row]));
          REQUIRE(off <= answers[row].log_sum_error);
          REQUIRE(answers[row].log_sum_error <= tolerance + 1e-13 * static_cast<double>(std::abs(exact[row])) + 1e-8);
          farthest = std::max(farthest, off);
        }
      }
    }
  }
  REQUIRE(farthest > 1e-7);
}

TEST_CASE("a sampler runs on sharded images", "[optimum][sharded][sampler]") {
  ImageSet set = images(60, 48);
  set.channels = 3, set.height = 4, set.width = 4;
  const GenerateOptions options{.seed = 1, .images = 20, .batch = 8, .shape = {3, 4, 4}};
  OptimalDenoiser whole{Posterior(set)};
  const auto want = generate(Heun{}, whole, OptimalDenoiser::sigma_range(), options);
  for (const auto& made : on_shards(set, {35, 25}, {}, {}, [&](const Posterior& p, const World&) {
         OptimalDenoiser denoiser{p};
         return generate(Heun{}, denoiser, OptimalDenoiser::sigma_range(), options);
       }))
    REQUIRE(made == want);
}

TEST_CASE("what processes do not agree on is refused by all", "[optimum][sharded][bad]") {
  const ImageSet set = images(6, 4);
  const std::span<const std::uint8_t> pixels = set.pixels;
  const auto refuses = [&](auto&& act, std::initializer_list<std::string_view> words) {
    for (const auto& said : on_each(2, [&](const World& w) { return complaint([&] { act(w); }); }))
      REQUIRE(says(said, "posterior", words));
  };
  const Shape shape{1, 1, 4};
  refuses([&](const World& w) { Posterior(pixels, shape, {}, {.top = w.rank() + 1, .world = &w}); },
          {"top and shape 2,1,1,4 on rank 1", "the same everywhere"});
  refuses([&](const World& w) { Posterior(pixels, w.leads() ? shape : Shape{1, 2, 2}, {}, {.world = &w}); },
          {"1,1,2,2 on rank 1"});
  refuses([&](const World& w) { Posterior(pixels.first(0), shape, {}, {.world = &w}); }, {"no image on any process"});
  refuses([&](const World& w) { Posterior(pixels, shape, {}, {.top = 13, .world = &w}); }, {"top 13", "1 to 12"});
  refuses(
      [&](const World& w) {
        Posterior(pixels, shape, w.leads() ? std::vector<std::int64_t>(6) : std::vector<std::int64_t>(), {.world = &w});
      },
      {"labels of 6 of 12 images"});
  refuses(
      [&](const World& w) {
        Posterior(pixels, shape, std::vector<std::int64_t>(6, w.rank()), {.world = &w})(noisy(set, 1, 1), all(1, 1), {},
                                                                                        full({1}, 2, kInt64));
      },
      {"class 2, which no training image carries"});
}
