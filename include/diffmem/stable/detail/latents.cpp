// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/core/texts.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/latents.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace diffmem::stable {
namespace {

constexpr const char* kChecksum = "checksum";
constexpr std::int64_t kPart = 64;     // images of a file
constexpr std::int64_t kTogether = 8;  // images through the autoencoder at once

std::string checksum_of(const SafeTensors& content) {
  std::string all;
  for (const auto& [name, tensor] : content.tensors) {
    const Tensor t = tensor.contiguous();
    all += digest({static_cast<const char*>(t.const_data_ptr()), t.nbytes()});
  }
  return digest(all);
}

/// The file's tensors, as `make` made them; they are made again if the file is missing or damaged.
SafeTensors kept(const std::filesystem::path& file, const std::function<SafeTensors()>& make) {
  if (std::filesystem::exists(file)) try {
      SafeTensors there = read_safetensors(file);
      const auto told = there.metadata.find(kChecksum);
      if (told != there.metadata.end() && told->second == checksum_of(there)) return there;
      fmt::print(stderr, "{}: its checksum is wrong; it is made again\n", file.string());
    } catch (const Error& e) {
      fmt::print(stderr, "{}; it is made again\n", e.what());
    }
  SafeTensors made = make();
  made.metadata[kChecksum] = checksum_of(made);
  // Runs side by side may make the same at once: each by a name of its own, and the last to end is kept.
  static std::atomic<int> count = 0;
  auto mine = file;
  mine += fmt::format(".{}-{}", ::getpid(), count++);
  write_safetensors(mine, made);
  std::filesystem::rename(mine, file);
  return made;
}

/// mean and std of images first ... first+count-1.
SafeTensors encoded(const ImageSet& images, const Autoencoder& autoencoder, std::int64_t first, std::int64_t count) {
  const at::NoGradGuard no_grad;
  Tensors means, stds;
  for (std::int64_t i = first; i < first + count; i += kTogether) {
    const std::int64_t n = std::min(kTogether, first + count - i);
    const Autoencoder::Moments moments =
        autoencoder.encode(images_of(images, i, n).to(autoencoder.parameters().front().second.device()));
    means.push_back(moments.mean.to(at::kCPU)), stds.push_back(moments.std.to(at::kCPU));
  }
  const double scale = autoencoder.config().scaling_factor;
  SafeTensors file;
  file.tensors = {{"mean", cat(means) * scale}, {"std", cat(stds) * scale}};
  return file;
}

}  // namespace

Examples Latents::examples(std::uint64_t seed) const {
  Shape shape(mean.sizes().begin() + 1, mean.sizes().end());
  return {mean.size(0), std::move(shape),
          [this, seed](std::int64_t index, std::int64_t step, std::int64_t place, std::span<float> values) {
            RandomStream(seed, Stream::latent, static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(place))
                .fill_normal(values);
            const std::int64_t size = static_cast<std::int64_t>(values.size());
            const float *m = mean.const_data_ptr<float>() + index * size,
                        *s = std.const_data_ptr<float>() + index * size;
            for (float& value : values) value = *m++ + *s++ * value;
          }};
}

Tensor images_of(const ImageSet& images, std::int64_t first, std::int64_t count) {
  std::vector<float> values;
  for (std::int64_t i = first; i < first + count; ++i)
    for (const std::uint8_t level : images.image(i)) values.push_back(dequantise(level));
  return tensor_of(std::span<const float>(values), {count, images.channels, images.height, images.width});
}

Latents cached_latents(const ImageSet& images, const Autoencoder& autoencoder, const std::string& weights,
                       const Cache& cache) {
  const int channels = autoencoder.config().in_channels;
  if (images.channels != channels)
    throw Error("latents", fmt::format("{}, of {} channels", images.name, images.channels),
                fmt::format("images of {}, which the autoencoder takes", channels), "choose another data set or model");
  const auto folder = cache.folder / digest(joined_texts(std::vector{images.digest(), weights})).substr(0, 16);
  make_folder(folder);
  Tensors means, stds;
  for (std::int64_t first = 0; first < images.count; first += kPart) {
    const std::int64_t count = std::min(kPart, images.count - first);
    const SafeTensors part = kept(folder / fmt::format("latents-{:06}.safetensors", first),
                                  [&] { return encoded(images, autoencoder, first, count); });
    means.push_back(part.at("mean")), stds.push_back(part.at("std"));
    if (cache.progress) cache.progress(first + count, images.count);
    if (cache.stops && cache.stops())
      throw Interrupted(fmt::format("stopped after {} of {} latents, which are kept", first + count, images.count));
  }
  return {cat(means), cat(stds)};
}

Tensor decoded(const Autoencoder& autoencoder, const Tensor& latents) {
  const Span span("decoder");
  const double scale = autoencoder.config().scaling_factor;
  Tensors images;
  for (std::int64_t i = 0; i < latents.size(0); i += kTogether)
    images.push_back(
        autoencoder.decode((latents.narrow(0, i, std::min(kTogether, latents.size(0) - i)) / scale).to(kFloat32)));
  return cat(images);
}

Tensor cached_embeddings(const std::vector<std::string>& prompts,
                         const std::function<Tensor(const std::vector<std::string>&)>& embed,
                         const std::string& weights, const Cache& cache) {
  make_folder(cache.folder);
  const auto file =
      cache.folder / fmt::format("prompts-{}.safetensors", digest(joined_texts(prompts) + weights).substr(0, 16));
  return kept(file,
              [&] {
                SafeTensors made;
                made.tensors.emplace("embeddings", embed(prompts).to(at::kCPU));
                return made;
              })
      .at("embeddings")
      .clone();
}

}  // namespace diffmem::stable
