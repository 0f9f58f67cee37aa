// SPDX-License-Identifier: MIT
// The discrete schedule and its samplers, beside diffusers' schedulers (tests/fixtures/stable/make_schedulers.py).
#include "check.hpp"
#include "complaint.hpp"
#include "fixtures.hpp"

#include <diffmem/core/json.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/sampler/spaced.hpp>
#include <diffmem/schedule/ddpm.hpp>

#include <fmt/format.h>

using namespace diffmem;

namespace {

/// The toy network of the fixture with the schedule's preconditioning.
Tensor toy(const DdpmSchedule& schedule, const Tensor& x, const Tensor& sigma) {
  const Coefficients c = schedule.coefficients(sigma);
  const Tensor in = wide(c.c_in) * x;
  return wide(c.c_skip) * x + wide(c.c_out) * (in * 0.3 + (in + wide(c.c_noise) / 100.0).sin() * 0.2);
}

double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item().toDouble(); }

std::string text_of(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// Sets what a scheduler's settings call differently.
template <class P>
void set(P& policy, const nlohmann::json& settings, std::initializer_list<std::array<const char*, 2>> names) {
  for (const auto& [theirs, ours] : names)
    if (settings.contains(theirs)) set_param(policy, ours, text_of(settings[theirs]), "test");
}

}  // namespace

TEST_CASE("every case of the schedulers' fixture", "[sampler][spaced]") {
  const SafeTensors file = read_safetensors(fixture("stable/schedulers.safetensors"));
  int cases = 0;
  for (; file.metadata.contains(fmt::format("case{}", cases)); ++cases) {
    const std::string name = fmt::format("case{}", cases);
    const auto settings = nlohmann::json::parse(file.metadata.at(name));
    INFO(settings.dump());
    DdpmSchedule schedule;
    set(schedule, settings,
        {{"num_train_timesteps", "total"},
         {"beta_start", "beta_start"},
         {"beta_end", "beta_end"},
         {"beta_schedule", "betas"},
         {"prediction_type", "prediction"}});
    const Tensor path = file.at(name + ".x"), fresh = file.at(name + ".noise");
    const NoiseSource noise{[&] { return path.select(0, 0); }, [&](std::uint32_t i) { return fresh.select(0, i); }};
    Plan plan;
    const auto choose = [&](auto sampler, std::initializer_list<std::array<const char*, 2>> own) {
      sampler.at.noise = schedule.steps;
      sampler.at.offset = 0;
      set(sampler, settings, {{"steps", "steps"}, {"timestep_spacing", "spacing"}, {"steps_offset", "offset"}});
      set(sampler, settings, own);
      plan = sampler.plan();
    };
    if (settings["kind"] == "ddim")
      choose(SpacedDdim{}, {{"set_alpha_to_one", "to_one"}, {"eta", "eta"}});
    else
      choose(SpacedDdpm{}, {{"variance_type", "variance"}});
    // That beta is float32 there; and DDPM's variance is never below 1e-20 there.
    const double near = settings["beta_schedule"] == "squaredcos_cap_v2" ? 1e-5 : 1e-9;
    const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor&) { return toy(schedule, x, sigma); };
    // After each step, too: a plan that ends there, at the level at which the next step begins.
    for (std::size_t k = 1; k <= plan.steps.size(); ++k) {
      Plan part = plan;
      part.steps.resize(k);
      if (k < plan.steps.size()) {
        const double next = plan.steps[k].at.sigma;
        part.end = plan.steps[k].carry / std::sqrt(1 + next * next);
      }
      const Tensor want = path.select(0, static_cast<std::int64_t>(k));
      INFO("step " << k);
      REQUIRE(apart(walk(denoise, noise, part, {}), want) < near * (1 + want.abs().max().item().toDouble()));
    }
  }
  REQUIRE(cases == 10);
}

TEST_CASE("the discrete schedule has its steps' own levels", "[sampler][spaced]") {
  DdpmSchedule schedule;
  const auto levels = schedule.steps.levels();
  REQUIRE(levels.size() == 1000);
  REQUIRE(std::abs(levels.front() - std::sqrt(0.00085 / (1 - 0.00085))) < 1e-15);
  REQUIRE(std::abs(levels.back() - 14.6146) < 1e-4);  // known of Stable Diffusion
  // Each level is answered by its own step, in float32 as well.
  const Coefficients c = schedule.coefficients(tensor_of(levels).to(kFloat32));
  REQUIRE(c.c_noise.equal(arange(1000)));
  REQUIRE(schedule.training_sigma(tensor_of(std::vector<float>{0, 0.0009999f, 0.001f, 0.9999999f}))
              .equal(tensor_of(std::vector<double>{levels[0], levels[0], levels[1], levels[999]}).to(kFloat32)));
  schedule.steps.total = 3;  // the table is made anew
  REQUIRE(values_of<float>(schedule.coefficients(full({1}, 100)).c_noise) == std::vector<float>{2});
  const DdpmSchedule copy = schedule;
  REQUIRE(values_of<float>(copy.coefficients(full({1}, 1e-9)).c_noise) == std::vector<float>{0});
}

TEST_CASE("what the network predicts is what the loss weighs", "[sampler][spaced]") {
  const Tensor x = tensor_of(std::vector<double>{0.3, -1.2, 0.7}).reshape({3, 1, 1, 1}),
               eps = tensor_of(std::vector<double>{-0.4, 0.9, 2.1}).reshape({3, 1, 1, 1}),
               made = tensor_of(std::vector<double>{0.1, 0.2, -0.3}).reshape({3, 1, 1, 1});
  for (const auto prediction : {Prediction::epsilon, Prediction::v_prediction, Prediction::sample}) {
    DdpmSchedule schedule;
    schedule.prediction = prediction;
    const auto all = schedule.steps.levels();
    const Tensor sigma = tensor_of(std::vector<double>{all[0], all[500], all[999]});
    const Coefficients c = schedule.coefficients(sigma);
    const Tensor a = (wide(sigma).square() + 1.0).reciprocal();
    const Tensor target = prediction == Prediction::epsilon        ? eps
                          : prediction == Prediction::v_prediction ? a.sqrt() * eps - (1.0 - a).sqrt() * x
                                                                   : x;
    const Tensor noisy = x + wide(sigma) * eps;
    REQUIRE(apart(wide(c.c_in) * noisy, a.sqrt() * x + (1.0 - a).sqrt() * eps) < 1e-12);
    const Tensor denoised = wide(c.c_skip) * noisy + wide(c.c_out) * made,
                 right = wide(c.c_skip) * noisy + wide(c.c_out) * target;
    REQUIRE(apart(right, x) < 1e-12);
    REQUIRE(apart(wide(schedule.loss_weight(sigma)) * (denoised - x).square(), (made - target).square()) < 1e-9);
  }
}

TEST_CASE("guidance leads away from the answer without labels", "[sampler][spaced]") {
  int asked = 0;
  const auto denoise = [&](const Tensor& x, const Tensor&, const Tensor& labels) {
    ++asked;
    return labels.defined() ? x * 0.5 : x * 0.25;
  };
  const NoiseSource noise = image_noise(3, 0, 2, {1, 2, 2});
  const Tensor labels = tensor_of(std::vector<std::int64_t>{0, 1});
  SpacedDdim sampler;
  sampler.at.steps = 4;
  const Tensor plain = sampler(denoise, noise, {}, labels);
  REQUIRE(asked == sampler.evaluations());
  sampler.guidance = 3;
  asked = 0;
  const Tensor guided = sampler(denoise, noise, {}, labels);
  REQUIRE(asked == sampler.evaluations());
  REQUIRE(asked == 8);
  // D = x (1/4 + 3 (1/2 - 1/4)) = x: nothing is removed.
  Plan still = sampler.plan();
  REQUIRE(apart(guided, noise.latents() * (still.start * still.end)) < 1e-9);
  REQUIRE(apart(plain, guided) > 0.01);
}

TEST_CASE("steps that cannot be taken are refused", "[sampler][spaced]") {
  SpacedDdim sampler;
  sampler.at.steps = 1001;
  REQUIRE(says(complaint([&] { sampler.plan(); }), "sampler", {"steps = 1001", "1 to 1000"}));
  sampler.at.steps = 1000;
  REQUIRE(says(complaint([&] { sampler.plan(); }), "sampler", {"steps 1000 to 1", "offset"}));
  sampler = {.eta = 2};
  REQUIRE(says(complaint([&] { sampler.plan(); }), "sampler ddim", {"eta = 2", "0 to 1"}));
  DdpmSchedule schedule;
  schedule.steps.beta_end = 1;
  REQUIRE(complaint([&] { schedule.validate(); }).find("0 < beta_end < 1") != std::string::npos);
}
