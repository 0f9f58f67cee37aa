// SPDX-License-Identifier: MIT
// The samplers on two analytic denoisers; every option is read from the file's header.
#include "parity.hpp"

#include <diffmem/core/params.hpp>
#include <diffmem/sampler/ablation.hpp>
#include <diffmem/sampler/heun.hpp>

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>

namespace diffmem::parity {
namespace {

using Json = nlohmann::json;

/// A number, or a word like "inf".
double number(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

/// Options of a reference sampler, taken out one by one; what is left over is an option we do not know.
class Options {
 public:
  explicit Options(Json given) : given_(std::move(given)) {}
  void take(const char* key, double& field) {
    if (const Json* value = find(key)) field = number(*value);
    given_.erase(key);
  }
  void take(const char* key, int& field) {
    if (const Json* value = find(key)) field = value->get<int>();
    given_.erase(key);
  }
  /// An enum by the reference's word for it.
  template <Worded E>
  void take(const char* key, E& field) {
    if (const Json* value = find(key); value && !from_text(value->get<std::string>(), field))
      throw NotBuilt(fmt::format("{} {}", key, value->get<std::string>()));
    given_.erase(key);
  }
  void done() const {
    if (!given_.empty()) throw NotBuilt(fmt::format("the option {}", given_.items().begin().key()));
  }

 private:
  /// Null where the option is absent or None.
  const Json* find(const char* key) const {
    const auto at = given_.find(key);
    return at == given_.end() || at->is_null() ? nullptr : &*at;
  }
  Json given_;
};

using Sample = std::function<Tensor(DenoiserRef, const NoiseSource&, SigmaRange)>;

Heun edm_sampler(Options o) {
  Heun p;
  o.take("num_steps", p.steps), o.take("sigma_min", p.sigma_min), o.take("sigma_max", p.sigma_max);
  o.take("rho", p.rho), o.take("S_churn", p.churn), o.take("S_min", p.churn_min), o.take("S_max", p.churn_max);
  o.take("S_noise", p.churn_noise), o.done();
  return p;
}

Ablation ablation_sampler(Options o) {
  Ablation p;
  NoiseLevels& l = p.levels;
  o.take("num_steps", l.steps), o.take("sigma_min", l.sigma_min), o.take("sigma_max", l.sigma_max);
  o.take("rho", l.rho), o.take("discretization", l.grid), o.take("epsilon_s", l.epsilon), o.take("C_1", l.c1);
  o.take("C_2", l.c2), o.take("M", l.m), o.take("solver", p.solver), o.take("schedule", p.path);
  o.take("scaling", p.scaling), o.take("alpha", p.alpha), o.take("S_churn", p.churn.amount);
  o.take("S_min", p.churn.min), o.take("S_max", p.churn.max), o.take("S_noise", p.churn.noise), o.done();
  return p;
}

struct Bounds {
  double sigma = 1e-10, image = 1e-10;
};
/// The reference is less exact than float64 in two places.  Its iddpm grid has a float32 part.  On the vp path it adds
/// noise wherever the rounding of time(sigma(t)) leaves a gap, in about one step of a hundred; the file does not hold it.
Bounds bounds(const Ablation& p) {
  if (p.levels.grid == Grid::iddpm) return {1e-5, 1e-5};
  return {1e-10, p.path == Path::vp && p.levels.steps > 18 ? 1e-5 : 1e-10};
}

}  // namespace

void check_samplers(const Fixture& f, Checks& checks) {
  const Tensor &data = f.file.at("data"), &mu = f.file.at("gauss.mu"), &var = f.file.at("gauss.var"),
               &latents = f.file.at("latents");
  const auto variants = f.meta("variants");  // items() needs it to live
  for (const auto& [variant, spec] : variants.items()) {
    const SigmaRange range{number(spec.at("net_sigma_min")), number(spec.at("net_sigma_max"))};
    Sample sample;
    Bounds bound;
    try {
      const std::string sampler = spec.at("sampler");
      if (sampler == "edm_sampler") {
        sample = [p = edm_sampler(Options(spec.at("kwargs")))](auto&&... a) { return p(a...); };
      } else if (sampler == "ablation_sampler") {
        const Ablation p = ablation_sampler(Options(spec.at("kwargs")));
        bound = bounds(p);
        sample = [p](auto&&... a) { return p(a...); };
      } else {
        throw NotBuilt(sampler);
      }
    } catch (const NotBuilt& what) {
      checks.not_built(variant, what.what());
      continue;
    }
    const NoiseSource noise{[&] { return latents; },
                            [&](std::uint32_t step) { return f.file.at(variant + ".noise").select(0, step); }};
    for (const std::string which : {"opt", "gauss"}) {
      if (!f.file.contains(variant + "." + which + ".final")) continue;
      Tensors inputs, sigmas;
      const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor&) {
        inputs.push_back(x);
        sigmas.push_back(sigma.select(0, 0));
        const Tensor s2 = sigma.select(0, 0).square();
        if (which == "gauss") return mu + var / (var + s2) * (x - mu);
        const Tensor d2 = (x.flatten(1).unsqueeze(1) - data.flatten(1).unsqueeze(0)).square().sum({2});  // [N,32]
        return (d2 / (s2 * -2.0)).softmax(1, std::nullopt).matmul(data.flatten(1)).reshape(x.sizes());
      };
      const Tensor final_images = sample(denoise, noise, range);
      const auto part = [&](const std::string& name) { return f.file.at(variant + "." + which + "." + name); };
      checks.close(variant + "." + which + ".call_sigma", stack(sigmas), part("call_sigma"), bound.sigma);
      Tensors kept;
      for (std::size_t i = 0; i < inputs.size(); i += spec.at("call_x_stride").get<std::size_t>())
        kept.push_back(inputs[i]);
      checks.close(variant + "." + which + ".call_x", stack(kept), part("call_x"), bound.image);
      checks.close(variant + "." + which + ".final", final_images, part("final"), bound.image);
    }
  }
}

}  // namespace diffmem::parity
