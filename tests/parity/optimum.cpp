// SPDX-License-Identifier: MIT
// The closed-form optimum: denoised image, score, log-sum-exp, largest weight, entropy; classes; a scaled signal; the
// limit of no noise.
#include "parity.hpp"

#include <diffmem/optimum/denoiser.hpp>

#include <fmt/format.h>

#include <cmath>

namespace diffmem::parity {

void check_optimum(const Fixture& f, Checks& checks) {
  const SafeTensors& file = f.file;
  const Tensor& levels = file.at("images_u8");  // [M,C,H,W]
  const ImageSet images{.name = "fixture",
                        .count = levels.size(0),
                        .channels = levels.size(1),
                        .height = levels.size(2),
                        .width = levels.size(3),
                        .pixels = values_of<std::uint8_t>(levels),
                        .labels = {},
                        .classes = 0};
  const auto labels = values_of<std::int64_t>(file.at("labels"));
  const Posterior posterior(images, labels, {.tolerance = 0}), quick(images, labels);
  const Tensor chosen = (levels.to(kFloat64) / 127.5 - 1.0).index_select(0, file.at("src_index"));
  const auto noisy = [&](const Tensor& alpha, const Tensor& sigma) {
    return cat({chosen * alpha + file.at("eps") * sigma, file.at("free")});
  };
  const auto each = [](const Tensor& number, const Tensor& x) { return number.expand({x.size(0)}); };

  const auto cases = [&](const std::string& p, auto&& evaluate) {
    const Tensor& sigmas = file.at(p + ".sigma");
    for (std::int64_t i = 0; i < sigmas.size(0); ++i)
      evaluate(i, sigmas.select(0, i), fmt::format("[sigma {:g}]", sigmas.select(0, i).item().toDouble()));
  };
  const Tensor one = full({}, 1, kFloat64);
  const Tensor& sigmas = file.at("sigma");
  for (std::int64_t i = 0; i < sigmas.size(0); ++i) {
    const Tensor sigma = sigmas.select(0, i), x = noisy(one, sigma);
    const double level = sigma.item().toDouble();
    const std::string at = fmt::format("[sigma {:g}]", level);
    const Optimum o = posterior(x, each(sigma, x));
    const auto want = [&](const char* name) { return file.at(std::string("edm.") + name).select(0, i); };
    checks.close("edm.D" + at, o.denoised, want("D"), 1e-10);
    checks.close("edm.D, in integers" + at, quick(x, each(sigma, x)).denoised, want("D"), 2e-6);
    checks.close("edm.score" + at, o.score, want("score"), 1e-6);  // kept in float32
    checks.close("edm.logsumexp" + at, o.log_sum, want("logsumexp"), 1e-10);
    checks.close("edm.wmax" + at, o.max_weight, want("wmax"), 1e-10);
    checks.close("edm.ent" + at, o.entropy, want("ent"), 1e-10);
    const double constants = std::log(static_cast<double>(images.count)) +
                             0.5 * static_cast<double>(images.image_size()) * std::log(2 * M_PI * level * level);
    checks.close("edm.log_density" + at, o.log_density, want("logsumexp") - constants, 1e-10);
    // The reference's float32 distances come from matrix products: off by up to 1e-3 in the square, which moves weights
    // where sigma is small.
    if (level >= 0.2) checks.close("edm.ref32" + at, o.denoised, want("ref32"), 1e-4);
  }

  cases("vp", [&](std::int64_t i, const Tensor& sigma, const std::string& at) {
    const Tensor alpha = file.at("vp.alpha").select(0, i), z = noisy(alpha, sigma);
    const Optimum o = posterior(z, each(sigma, z), each(alpha, z));
    checks.close("vp.D" + at, o.denoised, file.at("vp.D").select(0, i), 1e-10);
    checks.close("vp.score" + at, o.score, file.at("vp.score").select(0, i), 1e-10);
  });

  cases("cond", [&](std::int64_t i, const Tensor& sigma, const std::string& at) {
    const Tensor x = noisy(one, sigma), &want = file.at("cond.D");  // [sigmas,classes,N,C,H,W]
    for (std::int64_t c = 0; c < want.size(1); ++c) {
      const Optimum o = posterior(x, each(sigma, x), {}, full({x.size(0)}, static_cast<double>(c), kInt64));
      const std::string which = fmt::format("[class {}]", c);
      checks.close("cond.D" + at + which, o.denoised, want.select(0, i).select(0, c), 1e-10);
      checks.close("cond.logsumexp" + at + which, o.log_sum, file.at("cond.logsumexp").select(0, i).select(0, c),
                   1e-10);
    }
  });

  cases("tiny", [&](std::int64_t i, const Tensor& sigma, const std::string& at) {
    const Tensor& x = file.at("tiny.x");
    const Optimum o = posterior(x, each(sigma, x));
    checks.close("tiny.D" + at, o.denoised, file.at("tiny.D").select(0, i), 1e-10);
    checks.same("tiny.nn1" + at, o.nearest, file.at("tiny.nn1"));
    checks.close("tiny.d2_min" + at, (o.log_sum + o.max_weight.log()) * (sigma.square() * -2.0), file.at("tiny.d2_min"),
                 1e-10);
  });

  OptimalDenoiser denoise(posterior);
  const Tensor sigma = sigmas.select(0, sigmas.size(0) / 2), x = noisy(one, sigma);
  checks.close("as a denoiser", denoise(x, each(sigma, x)), file.at("edm.D").select(0, sigmas.size(0) / 2), 1e-10);
}

}  // namespace diffmem::parity
