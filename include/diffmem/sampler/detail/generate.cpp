// SPDX-License-Identifier: MIT
#include <diffmem/condition/concept.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/sampler/generate.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem {

void GenerateOptions::validate() const {
  if (images < 0 || batch < 0)
    throw Error("generate", fmt::format("{} images in batches of {}", images, batch), "0 or more of both",
                "correct the options");
  if (label && (*label < 0 || *label >= classes))
    throw Error("generate", fmt::format("label {}", *label),
                classes > 0 ? fmt::format("0 to {}", classes - 1) : "no label: the model is unconditional",
                "correct the label");
}

std::vector<std::uint8_t> generate(const SampleBatch& sample, const GenerateOptions& options) {
  options.validate();
  const Span span("sampling");
  const at::NoGradGuard no_grad;
  std::vector<std::uint8_t> result;
  const std::int64_t batch = options.batch > 0 ? options.batch : 250;
  for (std::int64_t done = 0; done < options.images; done += batch) {
    const std::int64_t count = std::min(batch, options.images - done);
    const auto first = static_cast<std::uint64_t>(options.first + done);
    Tensor labels;
    if (options.label)
      labels = full({count}, static_cast<double>(*options.label), kInt64, options.device);
    else if (options.classes > 0)
      labels =
          tensor_of(generation_labels(options.labels, options.seed, first, count, options.classes)).to(options.device);
    const NoiseSource noise = image_noise(options.seed, first, count, options.shape, options.device);
    for (const double value : values_of<double>(sample(noise, labels))) result.push_back(quantise(value));
    if (options.after_batch && !options.after_batch(done + count)) break;
  }
  return result;
}

}  // namespace diffmem
