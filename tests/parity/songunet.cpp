// SPDX-License-Identifier: MIT
// Whole networks: raw and preconditioned outputs, every module's statistics, losses and gradients.
#include "parity.hpp"

#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/loss.hpp>
#include <diffmem/train/model.hpp>

#include <fmt/format.h>

namespace diffmem::parity {
namespace {

template <NoiseSchedule S>
using PlainDesign = Design<S, Positional, DdpmPp, AllSkips, Unconditional, Heun>;

Tensor labels_of(const Fixture& f) { return f.file.contains("class_index") ? f.file.at("class_index") : Tensor(); }

/// Norms of the gradients, in the order of the leaves.
Tensor gradient_norms(const UNet& net) {
  Tensors norms;
  for (const auto& [name, leaf] : net.parameters()) norms.push_back(leaf.grad().to(kFloat64).square().sum().sqrt());
  return stack(norms);
}

template <NoiseSchedule S>
void check_schedule(const Fixture& f, Checks& checks) {
  const std::string p(S::name);
  const SafeTensors& file = f.file;
  const Tensor labels = labels_of(f);
  const UNetConfig config = config_of(f.meta("config"));
  const Tensor &x = file.at("x"), &sigma = file.at("sigma"), &y = file.at("y");

  Model<PlainDesign<S>> model(PlainDesign<S>{}, config);
  load_weights(model.net(), file);
  const S& schedule = model.design().schedule;
  {
    const at::NoGradGuard no_grad;
    const Coefficients c = schedule.coefficients(sigma);
    checks.close("F32." + p, model.network(wide(c.c_in) * x, file.at("c_noise32." + p), labels), file.at("F32." + p),
                 1e-5);
    checks.close("D32." + p, model(x, sigma, labels), file.at("D32." + p), 1e-5);
    if (labels.defined()) checks.close("D32_nolabel." + p, model(x, sigma), file.at("D32_nolabel." + p), 1e-5);
  }

  Model<PlainDesign<S>> model64(PlainDesign<S>{}, config, 0, at::kCPU, kFloat64);
  load_weights(model64.net(), file);
  model64.net().require_grad();
  const Tensor& coef = file.at("coef64." + p);  // [B,4]: c_skip, c_out, c_in, c_noise
  const Coefficients mine = schedule.coefficients(sigma.to(kFloat64));
  checks.close("coef64." + p, stack({mine.c_skip, mine.c_out, mine.c_in, mine.c_noise}, 1), coef, 1e-12);
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
  const Tensor loss32 =
      denoising_loss(model, schedule, y, sigma, file.at("eps"), labels).sum() / static_cast<double>(x.size(0));
  checks.close("loss32." + p, loss32, file.at("loss32." + p), 1e-5);
  loss32.backward();
  checks.close("gradnorm32." + p, gradient_norms(model.net()), file.at("gradnorm32." + p), 1e-5);
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
    UNet loaded(net.config());
    load_weights(loaded, f.file);
    checks.require("weights", true, "each leaf and buffer by name and shape, none left over");
    return;
  }
  check_schedule<VpSchedule>(f, checks);
  check_schedule<EdmSchedule>(f, checks);
  if (f.file.contains("F32.ve")) checks.not_built("F32.ve, D32.ve, F64.ve", "schedule ve");
}

void check_losses(const Fixture& f, Checks& checks) {
  const auto check = [&]<NoiseSchedule S>(const std::string& run, const Fixture& weights, const S& schedule) {
    const auto part = [&](const char* name) { return f.file.at(run + "." + name); };
    Model<PlainDesign<S>> model(PlainDesign<S>{}, config_of(weights.meta("config")));
    load_weights(model.net(), weights.file);
    model.net().require_grad();
    const Tensor labels = f.file.contains(run + ".labels") ? part("labels").argmax(1) : Tensor();
    const Tensor sigma = schedule.training_sigma(part("rnd"));
    checks.close(run + ".sigma", sigma, part("sigma"), 1e-5);
    checks.close(run + ".weight", schedule.loss_weight(part("sigma")), part("weight"), 1e-5);
    const Tensor y = part("images"), noisy = y + wide(part("sigma")) * part("eps");
    checks.close(run + ".D", model(noisy, part("sigma"), labels), part("D"), 1e-5);
    const Tensor loss = denoising_loss(model, schedule, y, part("sigma"), part("eps"), labels);
    checks.close(run + ".loss", loss, part("loss"), 1e-5);
    const Tensor objective = loss.sum() / static_cast<double>(y.size(0));
    checks.close(run + ".objective", objective, part("objective"), 1e-5);
    objective.backward();
    checks.close(run + ".gradnorm", gradient_norms(model.net()), part("gradnorm"), 1e-5);
  };
  const auto runs = f.meta("runs");  // items() needs it to live
  for (const auto& [run, spec] : runs.items()) {
    const std::string precond = spec.at("precond");
    try {
      const Fixture weights = open_fixture(f.path.parent_path() / spec.at("weights").get<std::string>());
      config_of(weights.meta("config"));
      if (precond == "vp")
        check(run, weights, VpSchedule{});
      else if (precond == "edm")
        check(run, weights, EdmSchedule{});
      else
        throw NotBuilt("schedule " + precond);
    } catch (const NotBuilt& what) {
      checks.not_built(run, what.what());
    }
  }
}

void check_skip_masks(const Fixture& f, Checks& checks) {
  const auto runs = f.meta("runs");
  for (const auto& spec : runs) {
    const std::string weights_name = spec.at("weights");
    try {
      const Fixture weights = open_fixture(f.path.parent_path() / (weights_name + ".safetensors"));
      const UNetConfig config = config_of(weights.meta("config"));
      if (spec.at("precond") != "vp") throw NotBuilt("schedule " + spec.at("precond").get<std::string>());
      const auto part = [&](const std::string& name) { return f.file.at(weights_name + "." + name); };
      for (const std::string mask : spec.at("masks")) {
        std::vector<bool> on;
        for (const char digit : mask) on.push_back(digit == '1');
        UNet net(config, SkipMask(on));
        load_weights(net, weights.file);
        const at::NoGradGuard no_grad;
        const Coefficients c = VpSchedule{}.coefficients(part("sigma"));
        // Rows 1 and 2 of the weight file's inputs; VP's c_noise in float32 is too coarse to be made anew on each CPU.
        const Tensor noise =
            embed(weights.file.at("c_noise32.vp").narrow(0, 1, 2), Positional{}.frequencies(net.noise_channels(), 0));
        checks.close(mask, net(wide(c.c_in) * part("x"), noise, part("labels").argmax(1)), part("F32." + mask), 1e-5);
      }
    } catch (const NotBuilt& what) {
      checks.not_built(weights_name, what.what());
    }
  }
}

}  // namespace diffmem::parity
