// SPDX-License-Identifier: MIT
// Generated images as grey levels, image by image from their own random streams.
#pragma once
#include <diffmem/condition/concept.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/sampler/denoiser.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace diffmem {

/// Which images to generate.
struct GenerateOptions {
  std::uint64_t seed = 0;
  std::int64_t first = 0, images = 0;   ///< indices first ... first+images-1
  std::int64_t batch = 250;             ///< images sampled together; the random numbers do not depend on it
  Shape shape = {};                     ///< [C,H,W]
  std::int64_t classes = 0;             ///< labels are drawn from this many; 0: unconditional
  LabelLaw labels = LabelLaw::uniform;  ///< by this law
  at::Device device = at::kCPU;
  std::function<bool(std::int64_t done)> after_batch = {};  ///< called after each batch; false stops with what is there
};

/// uint8 [images,C,H,W], quantised as the reference does.
template <Sampler P, Denoiser D>
std::vector<std::uint8_t> generate(const P& sampler, D&& denoise, SigmaRange range, const GenerateOptions& options) {
  const at::NoGradGuard no_grad;
  std::vector<std::uint8_t> result;
  for (std::int64_t done = 0; done < options.images; done += options.batch) {
    const std::int64_t count = std::min(options.batch, options.images - done);
    const auto first = static_cast<std::uint64_t>(options.first + done);
    Tensor labels;
    if (options.classes > 0)
      labels =
          tensor_of(generation_labels(options.labels, options.seed, first, count, options.classes)).to(options.device);
    const NoiseSource noise = image_noise(options.seed, first, count, options.shape, options.device);
    for (const double value : values_of<double>(sampler(denoise, noise, range, labels)))
      result.push_back(quantise(value));
    if (options.after_batch && !options.after_batch(done + count)) break;
  }
  return result;
}

}  // namespace diffmem
