// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "sampler/laws.hpp"

#include <diffmem/condition/concept.hpp>
#include <diffmem/data/pixels.hpp>

using namespace diffmem;
using namespace diffmem::testing;

TEMPLATE_LIST_TEST_CASE("the plan has a step per noise level, and the levels fall", "[sampler][law]", EverySampler) {
  laws::plan_falls_to_zero<TestType>();
}

TEMPLATE_LIST_TEST_CASE("image i depends neither on its neighbours nor on the batch, bit for bit", "[sampler][law]",
                        EverySampler) {
  laws::images_depend_on_their_index_alone<TestType>();
}

TEMPLATE_LIST_TEST_CASE("the denoiser sees float64 levels inside its range, and the labels, evaluations() times",
                        "[sampler][law]", EverySampler) {
  laws::levels_stay_in_range<TestType>();
}

TEMPLATE_LIST_TEST_CASE("fresh noise is drawn at most once a step, and only by samplers that use it", "[sampler][law]",
                        EverySampler) {
  laws::fresh_noise_once_a_step<TestType>();
}

TEMPLATE_TEST_CASE("a sampler lists each of its parameters once, and reads them from text", "[sampler][law]", Heun,
                   Euler, Ddim, ReverseSde, Ablation) {
  laws::lists_its_parameters<TestType>();
  TestType sampler;
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
