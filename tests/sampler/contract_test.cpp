// SPDX-License-Identifier: MIT
// What every sampler owes, whatever its steps.
#include "sampler/samplers.hpp"

#include "complaint.hpp"

#include <diffmem/condition/concept.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/sampler/generate.hpp>

#include <algorithm>

using namespace diffmem;
using namespace diffmem::testing;

namespace {
const Shape kShape = {1, 3, 5};
}

TEMPLATE_LIST_TEST_CASE("image i depends neither on its neighbours nor on the batch, bit for bit", "[sampler]",
                        EverySampler) {
  const auto sampler = TestType::make(12);
  const Tensor all = sampler(Gaussian{}, image_noise(5, 0, 9, kShape), {0.01, 80});
  REQUIRE(all.isfinite().all().item().toBool());
  for (const auto& [first, count] : {std::pair{0, 1}, {1, 3}, {4, 5}, {8, 1}})
    REQUIRE(sampler(Gaussian{}, image_noise(5, static_cast<std::uint64_t>(first), count, kShape), {0.01, 80})
                .equal(all.narrow(0, first, count)));
  REQUIRE_FALSE(sampler(Gaussian{}, image_noise(6, 0, 9, kShape), {0.01, 80}).equal(all));

  GenerateOptions options;
  options.seed = 5, options.images = 9, options.batch = 9, options.shape = kShape;
  const auto pixels = generate(sampler, Gaussian{}, {0.01, 80}, options);
  options.batch = 4;
  REQUIRE(generate(sampler, Gaussian{}, {0.01, 80}, options) == pixels);
  options.first = 3, options.images = 2;
  REQUIRE(generate(sampler, Gaussian{}, {0.01, 80}, options) ==
          std::vector<std::uint8_t>(pixels.begin() + 3 * 15, pixels.begin() + 5 * 15));
}

TEMPLATE_LIST_TEST_CASE("the denoiser sees float64 levels inside its range, and the labels, evaluations() times",
                        "[sampler]", EverySampler) {
  const SigmaRange range{0.05, 5};
  const Tensor labels = tensor_of(std::vector<std::int64_t>{3, 1});
  for (const int steps : {1, 2, 7}) {
    const auto sampler = TestType::make(steps);
    int calls = 0;
    double low = 1e9, high = 0;
    const auto counting = [&](const Tensor& x, const Tensor& sigma, const Tensor& given) {
      ++calls;
      REQUIRE(x.scalar_type() == kFloat64);
      REQUIRE(sigma.scalar_type() == kFloat64);
      REQUIRE(sigma.sizes() == at::IntArrayRef{x.size(0)});
      REQUIRE(given.equal(labels));
      low = std::min(low, sigma.min().item().toDouble()), high = std::max(high, sigma.max().item().toDouble());
      return Gaussian{}(x, sigma).to(kFloat32);
    };
    const Tensor images = sampler(counting, image_noise(1, 0, 2, kShape), range, labels);
    REQUIRE(images.scalar_type() == kFloat64);
    REQUIRE(images.sizes() == at::IntArrayRef{2, 1, 3, 5});
    REQUIRE(calls == sampler.evaluations());
    // Churn raises a level, by sqrt(2) at most, and out of the range if need be.  The iddpm grid has no level at 5.
    const double raised = TestType::noisy ? 1.4143 : 1 + 1e-9;
    REQUIRE(low >= 0.05 * (1 - 1e-9));
    REQUIRE(high >= 4.5);
    REQUIRE(high <= 5 * raised);
    if (steps > 1) REQUIRE(low <= 0.055 * raised);
  }
}

TEMPLATE_LIST_TEST_CASE("fresh noise is drawn at most once a step, and only by samplers that use it", "[sampler]",
                        EverySampler) {
  const auto sampler = TestType::make(9);
  std::vector<std::uint32_t> drawn;
  const NoiseSource plain = image_noise(1, 0, 2, kShape);
  const NoiseSource noise{plain.latents, [&](std::uint32_t step) {
                            drawn.push_back(step);
                            return plain.step_noise(step);
                          }};
  sampler(Gaussian{}, noise, {0.01, 80});
  REQUIRE(drawn.empty() != TestType::noisy);
  REQUIRE(std::is_sorted(drawn.begin(), drawn.end()));
  REQUIRE(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());
  REQUIRE(std::all_of(drawn.begin(), drawn.end(), [](auto step) { return step < 9; }));
}

TEMPLATE_TEST_CASE("a sampler lists each of its parameters once, and reads them from text", "[sampler]", Heun, Euler,
                   Ddim, ReverseSde, Ablation) {
  TestType sampler;
  std::vector<std::string> names;
  for (const auto& [name, value] : list_params(sampler)) {
    names.push_back(name);
    set_param(sampler, name, value);
  }
  REQUIRE(list_params(sampler) == list_params(TestType{}));
  std::sort(names.begin(), names.end());
  REQUIRE(std::adjacent_find(names.begin(), names.end()) == names.end());
  set_param(sampler, "steps", "5");
  REQUIRE(sampler.plan({0.01, 80}).steps.size() == 5);
}

TEST_CASE("a generated image's label is its own, whatever its batch", "[sampler]") {
  const auto shows_label = [](const Tensor& x, const Tensor&, const Tensor& labels) {
    return x * 0.0 + wide(labels.to(kFloat64)) / 10.0;  // so the image's grey level is 127.5 label/10 + 128
  };
  GenerateOptions options;
  options.seed = 5, options.first = 20, options.images = 30, options.batch = 8, options.shape = {1, 1, 1};
  options.classes = 7, options.labels = GENERATE(LabelLaw::uniform, LabelLaw::balanced);
  std::vector<std::uint8_t> want;
  for (const std::int64_t label : generation_labels(options.labels, 5, 20, 30, 7))
    want.push_back(quantise(static_cast<double>(label) / 10));
  REQUIRE(generate(PlainEuler::make(2), shows_label, kAnySigma, options) == want);
}

TEST_CASE("a denoiser may be an object, a constant, a lambda or a pointer to a function", "[sampler]") {
  const Tensor x = full({2, 1, 1, 1}, 0.7, kFloat64), sigma = full({2}, 0.3, kFloat64);
  Gaussian object{.mean = 0.2};
  const Gaussian constant{.mean = 0.3};
  int calls = 0;
  auto lambda = [calls](const Tensor& at, const Tensor& s, const Tensor&) mutable {
    return at * (++calls * 1.0) + wide(s);
  };
  Tensor (*const pointer)(const Tensor&, const Tensor&, const Tensor&) =
      [](const Tensor& at, const Tensor&, const Tensor& l) { return l.defined() ? at : -at; };
  REQUIRE(DenoiserRef(object)(x, sigma, {}).equal(object(x, sigma)));
  REQUIRE(DenoiserRef(constant)(x, sigma, {}).equal(constant(x, sigma)));
  const DenoiserRef counted(lambda);
  REQUIRE(counted(x, sigma, {}).equal(x + wide(sigma)));
  REQUIRE(DenoiserRef(counted)(x, sigma, {}).equal(x * 2.0 + wide(sigma)));  // the same lambda, not a copy
  REQUIRE(DenoiserRef(pointer)(x, sigma, {}).equal(-x));
  REQUIRE(DenoiserRef(pointer)(x, sigma, x).equal(x));
}

TEST_CASE("settings that make no sampler are refused", "[sampler]") {
  const auto refused = [](const auto& sampler, SigmaRange range, std::string_view who,
                          std::initializer_list<std::string_view> words) {
    const std::string text = complaint([&] { sampler.plan(range); });
    INFO(text);
    return says(text, who, words);
  };
  REQUIRE(refused(Heun{.steps = 0}, kAnySigma, "sampling grid", {"0 noise levels", "steps"}));
  REQUIRE(refused(Heun{}, {100, 200}, "sampling grid", {"sigma_min 100 and sigma_max 80", "clamped"}));
  REQUIRE(refused(Euler{.levels = {.sigma_max = INFINITY}}, kAnySigma, "sampling grid", {"inf"}));
  REQUIRE(refused(Ddim{.eta = 1.5}, kAnySigma, "sampler ddim", {"1.5", "0 <= eta <= 1"}));
  REQUIRE(refused(Ddim{.eta = NAN}, kAnySigma, "sampler ddim", {"nan"}));
  REQUIRE(refused(Ablation{.alpha = 0}, kAnySigma, "sampler", {"alpha", "0 < alpha <= 1"}));
  REQUIRE(refused(Ablation{.alpha = 1.01}, kAnySigma, "sampler", {"alpha"}));
  REQUIRE(refused(Heun{.churn = -1}, kAnySigma, "sampler", {"churn = -1", "0 or more"}));
  REQUIRE(refused(Heun{.churn = 40, .churn_noise = -1}, kAnySigma, "sampler", {"noise -1"}));
}
