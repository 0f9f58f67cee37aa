// SPDX-License-Identifier: MIT
// Six optimiser steps with Adam and EMA.
#include "designs.hpp"

#include <diffmem/kernels/adam.hpp>
#include <diffmem/train/loss.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem::parity {
namespace {

/// L2 norm of each tensor.                                                                                 -> [count]
Tensor norms(const std::vector<std::pair<std::string, Tensor>>& named) {
  Tensors result;
  for (const auto& [name, t] : named) result.push_back(t.detach().to(kFloat64).square().sum().sqrt());
  return stack(result);
}

}  // namespace

void check_training_steps(const Fixture& f, Checks& checks) {
  const Fixture weights = open_fixture(f.path.parent_path() / f.file.metadata.at("weights"));
  const UNetConfig config = config_of(weights.meta("config"));
  const auto number = [&](const char* key) { return f.meta(key).get<double>(); };
  const auto adam = f.meta("adam");
  const double batch = number("batch");

  const auto check = [&]<NoiseSchedule S, TimeEmbedding E>(const std::string& p, const S& schedule, const E& embedding,
                                                           at::ScalarType dtype) {
    const auto part = [&](const std::string& name) { return f.file.at(p + "." + name); };
    const std::string bits = dtype == kFloat32 ? "32" : "64";
    const double tolerance = dtype == kFloat32 ? 1e-5 : 1e-6;
    const GoldenDesign<S, E> design{.schedule = schedule, .embedding = embedding};
    Model<GoldenDesign<S, E>> model(design, config, 0, at::kCPU, dtype), ema(design, config, 0, at::kCPU, dtype);
    UNet &net = model.net(), &average = ema.net();
    load_weights(net, weights.file);
    average.copy_from(net);
    net.require_grad();
    const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor&) {  // in `dtype`
      const Coefficients c = schedule.coefficients(sigma);
      return wide(c.c_skip) * x + wide(c.c_out) * model.network(wide(c.c_in) * x, c.c_noise);
    };
    Tensors w, m, v, a;
    for (std::size_t i = 0; i < net.parameters().size(); ++i) {
      w.push_back(net.parameters()[i].second);
      a.push_back(average.parameters()[i].second);
      m.push_back(zeros_like(w.back()));
      v.push_back(zeros_like(w.back()));
    }
    // The k part of a qkv bias has an exactly zero gradient, which Adam turns into noise: leave those norms out.
    Tensor comparable = full({static_cast<std::int64_t>(w.size())}, 1, kFloat64);
    for (std::size_t i = 0; i < w.size(); ++i)
      if (net.parameters()[i].first.ends_with("qkv.bias")) comparable[static_cast<std::int64_t>(i)].fill_(0.0);

    for (int step = 0; step < f.meta("steps").get<int>(); ++step) {
      const double seen = step * batch;
      const Tensor y = f.file.at("data").to(dtype).index_select(0, part("index").select(0, step));
      const Tensor sigma = part("sigma").select(0, step).to(dtype), eps = part("eps").select(0, step).to(dtype);
      const Tensor loss = denoising_loss(denoise, y, sigma, schedule.loss_weight(sigma), eps).sum() / batch;
      loss.backward();
      checks.close(fmt::format("{}.loss{}[{}]", p, bits, step), loss, part("loss" + bits).select(0, step), tolerance);
      Tensors g;
      std::vector<std::pair<std::string, Tensor>> named_gradients;
      for (const auto& [name, leaf] : net.parameters())
        g.push_back(leaf.grad()), named_gradients.emplace_back(name, leaf.grad());
      checks.close(fmt::format("{}.gn{}[{}]", p, bits, step), norms(named_gradients) * comparable,
                   part("gn" + bits).select(0, step).to(kFloat64) * comparable, dtype == kFloat32 ? 1e-4 : 1e-5);
      const double halflife = std::min(number("ema_halflife_nimg"), seen * number("ema_rampup_ratio"));
      const AdamStep rates{.lr = number("lr") * std::min(seen / number("lr_rampup_nimg"), 1.0),
                           .beta1 = adam.at("betas")[0],
                           .beta2 = adam.at("betas")[1],
                           .eps = adam.at("eps"),
                           .count = step + 1,
                           .ema = std::exp2(-batch / std::max(halflife, 1e-8))};
      checks.close(fmt::format("{}.ema_beta[{}]", p, step), full({}, rates.ema, kFloat64),
                   part("ema_beta").select(0, step), 1e-12);
      adam_ema(w, g, m, v, a, rates);
      for (const auto& [name, leaf] : net.parameters()) leaf.mutable_grad() = Tensor();
      checks.close(fmt::format("{}.pn{}[{}]", p, bits, step), norms(net.parameters()) * comparable,
                   part("pn" + bits).select(0, step).to(kFloat64) * comparable, tolerance);
      checks.close(fmt::format("{}.en{}[{}]", p, bits, step), norms(average.parameters()) * comparable,
                   part("en" + bits).select(0, step).to(kFloat64) * comparable, tolerance);
    }
    if (dtype == kFloat32) return;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const std::string& name = net.parameters()[i].first;
      if (f.file.contains(p + ".final64." + name))
        checks.close(p + ".final64." + name, w[i], part("final64." + name), 1e-6);
      if (f.file.contains(p + ".final_ema64." + name))
        checks.close(p + ".final_ema64." + name, a[i], part("final_ema64." + name), 1e-6);
    }
  };
  for (const at::ScalarType dtype : {kFloat32, kFloat64})
    for (const std::string p : kSchedules)
      if (f.file.contains(p + ".sigma"))
        with_schedule(p, [&](const auto& schedule) {
          with_embedding(weights.meta("config"), [&](const auto& e) { check(p, schedule, e, dtype); });
        });
}

}  // namespace diffmem::parity
