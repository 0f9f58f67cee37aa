// SPDX-License-Identifier: MIT
// Generated images as grey levels, image by image from their own random streams.
#pragma once
#include <diffmem/condition/concept.hpp>
#include <diffmem/sampler/denoiser.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace diffmem {

/// Which images to generate.
struct GenerateOptions {
  std::uint64_t seed = 0;
  std::int64_t first = 0, images = 0;      ///< indices first ... first+images-1
  std::int64_t batch = 0;                  ///< images sampled together; the random numbers do not depend on it; 0: 250,
                                           ///< or, of a trained network, sampling_batch()
  Shape shape = {};                        ///< [C,H,W]
  std::int64_t classes = 0;                ///< labels are drawn from this many; 0: unconditional
  LabelLaw labels = LabelLaw::uniform;     ///< by this law
  std::optional<std::int64_t> label = {};  ///< instead, all images carry this one
  at::Device device = at::kCPU;
  std::function<bool(std::int64_t done)> after_batch = {};  ///< called after each batch; false stops with what is there

  /// Error if there are fewer than 0 images or in a batch, or `label` is none of 0 ... classes-1.
  void validate() const;
};

/// One batch of images from its noise and labels (undefined: unconditional).                    -> [N,C,H,W], about [-1,1]
using SampleBatch = std::function<Tensor(const NoiseSource& noise, const Tensor& labels)>;
/// uint8 [images,C,H,W], quantised as the reference does.
std::vector<std::uint8_t> generate(const SampleBatch& sample, const GenerateOptions& options);

/// The same, by a sampler.
template <Sampler P>
std::vector<std::uint8_t> generate(const P& sampler, DenoiserRef denoise, SigmaRange range,
                                   const GenerateOptions& options) {
  return generate(
      [&](const NoiseSource& noise, const Tensor& labels) { return sampler(denoise, noise, range, labels); }, options);
}

}  // namespace diffmem
