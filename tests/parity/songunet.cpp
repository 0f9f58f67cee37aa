// SPDX-License-Identifier: MIT
// Whole networks: raw and preconditioned outputs, every module's statistics, losses and gradients.
#include "designs.hpp"

#include <diffmem/train/loss.hpp>

#include <fmt/format.h>

namespace diffmem::parity {
namespace {

/// Norms of the gradients, in the order of the leaves.
Tensor gradient_norms(const UNet& net) {
  Tensors norms;
  for (const auto& [name, leaf] : net.parameters()) norms.push_back(leaf.grad().to(kFloat64).square().sum().sqrt());
  return stack(norms);
}

/// What a Fourier embedding makes of VP's noise level in float32 is good to a per cent: angles reach 10^5 radians.
template <NoiseSchedule S, TimeEmbedding E>
constexpr double tolerance32() {
  return std::is_same_v<S, VpSchedule> && std::is_same_v<E, Fourier> ? 1e-2 : 1e-5;
}

template <NoiseSchedule S, TimeEmbedding E>
void check_schedule(const Fixture& f, const S& schedule, const E& embedding, Checks& checks) {
  const std::string p(S::name);
  const SafeTensors& file = f.file;
  const Tensor labels = file.contains("class_index") ? file.at("class_index") : Tensor();
  const UNetConfig config = config_of(f.meta("config"));
  const Tensor &x = file.at("x"), &sigma = file.at("sigma"), &y = file.at("y");
  const GoldenDesign<S, E> design{.schedule = schedule, .embedding = embedding};
  constexpr double tolerance = tolerance32<S, E>();

  Model<GoldenDesign<S, E>> model(design, config);
  load_weights(model.net(), file);
  {
    const at::NoGradGuard no_grad;
    const Coefficients c = schedule.coefficients(sigma);
    checks.close("F32." + p, model.network(wide(c.c_in) * x, file.at("c_noise32." + p), labels), file.at("F32." + p),
                 1e-5);
    checks.close("D32." + p, model(x, sigma, labels), file.at("D32." + p), tolerance);
    if (labels.defined()) checks.close("D32_nolabel." + p, model(x, sigma), file.at("D32_nolabel." + p), tolerance);
  }

  Model<GoldenDesign<S, E>> model64(design, config, 0, at::kCPU, kFloat64);
  load_weights(model64.net(), file);
  model64.net().require_grad();
  const Tensor& coef = file.at("coef64." + p);  // [B,4]: c_skip, c_out, c_in, c_noise
  const Coefficients mine = schedule.coefficients(sigma.to(kFloat64));
  const Tensors parts = {mine.c_skip, mine.c_out, mine.c_in, mine.c_noise};
  for (int i = 0; i < 4; ++i)
    checks.close(fmt::format("coef64.{}[{}]", p, i), parts[static_cast<std::size_t>(i)], coef.select(1, i), 1e-12);
  const Tensor x64 = x.to(kFloat64);
  const auto column = [&](int i) { return wide(coef.select(1, i)); };
  Tensors stats;
  const auto watch = [&](std::string_view, const Tensor& t) {
    const Tensor d = t.detach();
    stats.push_back(stack({d.mean(), d.square().mean().sqrt(), d.abs().max()}));
  };
  const Tensor raw = model64.network(column(2) * x64, coef.select(1, 3), labels, nullptr, watch);
  checks.close("F64." + p, raw, file.at("F64." + p), 1e-6);
  if (file.contains("stats64." + p)) {
    const auto names = f.meta("stats_names").get<std::vector<std::string>>();
    // The reference records modules; ours also shows the last norm and convolution.
    checks.close("stats64." + p, stack(stats).narrow(0, 0, static_cast<std::int64_t>(names.size())),
                 file.at("stats64." + p), 1e-6);
  }
  const Tensor d64 = column(0) * x64 + column(1) * raw;
  const Tensor loss =
      (wide(schedule.loss_weight(sigma.to(kFloat64))) * (d64 - y).square()).sum() / static_cast<double>(x.size(0));
  checks.close("loss64." + p, loss, file.at("loss64." + p), 1e-6);
  loss.backward();
  checks.close("gradnorm64." + p, gradient_norms(model64.net()), file.at("gradnorm64." + p), 1e-5);
  if (p == "edm")
    for (const auto& [name, leaf] : model64.net().parameters())
      if (file.contains("grad64." + name)) checks.close("grad64." + name, leaf.grad(), file.at("grad64." + name), 1e-5);

  if (!file.contains("loss32." + p)) return;
  model.net().require_grad();
  const Tensor loss32 = denoising_loss(model, y, sigma, schedule.loss_weight(sigma), file.at("eps"), labels).sum() /
                        static_cast<double>(x.size(0));
  checks.close("loss32." + p, loss32, file.at("loss32." + p), tolerance);
  loss32.backward();
  checks.close("gradnorm32." + p, gradient_norms(model.net()), file.at("gradnorm32." + p), tolerance);
}

}  // namespace

void check_songunet(const Fixture& f, Checks& checks) {
  const UNet net(config_of(f.meta("config")), SkipMask::all(), at::kMeta);
  std::vector<std::string> names;
  for (const auto& [name, leaf] : net.parameters()) names.push_back(name);
  checks.require("param_names", names == f.meta("param_names").get<std::vector<std::string>>(),
                 fmt::format("{} leaves in order", names.size()));
  checks.require("param_count", net.parameter_count() == f.meta("param_count").get<std::int64_t>(),
                 fmt::format("{}", net.parameter_count()));
  if (!f.file.contains("x")) {  // a published network, as tools/edm_to_safetensors writes it: no numbers to compare
    with_embedding(f.meta("config"), [&]<class E>(const E& embedding) {
      GoldenDesign<EdmSchedule, E> design;
      design.embedding = embedding;
      Model<GoldenDesign<EdmSchedule, E>> loaded(design, net.config());
      load_weights(loaded.net(), f.file);
    });
    checks.require("weights", true, "each leaf and buffer by name and shape, none left over");
    return;
  }
  with_embedding(f.meta("config"), [&](const auto& embedding) {
    for (const std::string p : kSchedules)
      if (f.file.contains("F32." + p))
        with_schedule(p, [&](const auto& schedule) { check_schedule(f, schedule, embedding, checks); });
  });
}

void check_losses(const Fixture& f, Checks& checks) {
  const auto check = [&]<NoiseSchedule S, TimeEmbedding E>(const std::string& run, const Fixture& weights,
                                                           const S& schedule, const E& embedding) {
    const auto part = [&](const char* name) { return f.file.at(run + "." + name); };
    constexpr double tolerance = tolerance32<S, E>();
    Model<GoldenDesign<S, E>> model({.schedule = schedule, .embedding = embedding}, config_of(weights.meta("config")));
    load_weights(model.net(), weights.file);
    model.net().require_grad();
    const Tensor labels = f.file.contains(run + ".labels") ? part("labels").argmax(1) : Tensor();
    const Tensor sigma = schedule.training_sigma(part("rnd"));
    checks.close(run + ".sigma", sigma, part("sigma"), 1e-5);
    if constexpr (requires { schedule.time(sigma); })
      if (f.file.contains(run + ".t")) checks.close(run + ".t", schedule.time(part("sigma")), part("t"), 1e-5);
    checks.close(run + ".weight", schedule.loss_weight(part("sigma")), part("weight"), 1e-5);
    const Tensor y = part("images"), noisy = y + wide(part("sigma")) * part("eps");
    checks.close(run + ".D", model(noisy, part("sigma"), labels), part("D"), tolerance);
    const Tensor loss =
        denoising_loss(model, y, part("sigma"), schedule.loss_weight(part("sigma")), part("eps"), labels);
    checks.close(run + ".loss", loss, part("loss"), tolerance);
    const Tensor objective = loss.sum() / static_cast<double>(y.size(0));
    checks.close(run + ".objective", objective, part("objective"), tolerance);
    objective.backward();
    checks.close(run + ".gradnorm", gradient_norms(model.net()), part("gradnorm"), tolerance);
  };
  const auto runs = f.meta("runs");  // items() needs it to live
  for (const auto& item : runs.items()) {
    const std::string& run = item.key();
    const auto& spec = item.value();
    try {
      const Fixture weights = open_fixture(f.path.parent_path() / spec.at("weights").get<std::string>());
      with_schedule(spec.at("precond"), [&](const auto& schedule) {
        with_embedding(weights.meta("config"),
                       [&](const auto& embedding) { check(run, weights, schedule, embedding); });
      });
    } catch (const NotBuilt& what) {
      checks.not_built(run, what.what());
    }
  }
}

void check_skip_masks(const Fixture& f, Checks& checks) {
  const auto runs = f.meta("runs");
  for (const auto& spec : runs) {
    const std::string weights_name = spec.at("weights"), precond = spec.at("precond");
    try {
      const Fixture weights = open_fixture(f.path.parent_path() / (weights_name + ".safetensors"));
      const auto part = [&](const std::string& name) { return f.file.at(weights_name + "." + name); };
      const Tensor labels = f.file.contains(weights_name + ".labels") ? part("labels").argmax(1) : Tensor();
      // The inputs are rows 1 and 2 of the weight file's; VP's c_noise in float32 is too coarse to be made anew.
      const Tensor c_noise = weights.file.at("c_noise32." + precond).narrow(0, 1, part("sigma").size(0));
      const at::NoGradGuard no_grad;
      with_schedule(precond, [&]<class S>(const S& schedule) {
        with_embedding(weights.meta("config"), [&]<class E>(const E& embedding) {
          for (const std::string mask : spec.at("masks")) {
            Model<GoldenDesign<S, E>> model({.schedule = schedule, .embedding = embedding, .skip = {.text = mask}},
                                            config_of(weights.meta("config")));
            load_weights(model.net(), weights.file);
            const Tensor x = wide(schedule.coefficients(part("sigma")).c_in) * part("x");
            checks.close(weights_name + "." + mask, model.network(x, c_noise, labels), part("F32." + mask), 1e-5);
          }
        });
      });
    } catch (const NotBuilt& what) {
      checks.not_built(weights_name, what.what());
    }
  }
}

}  // namespace diffmem::parity
