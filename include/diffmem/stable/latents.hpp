// SPDX-License-Identifier: MIT
// What fine-tuning reads again and again, made once and kept on disk: latents of the images, embeddings of the prompts.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/data/image_set.hpp>
#include <diffmem/train/batch.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diffmem::stable {

class Autoencoder;

/// The law of each image's latents: mean + std eps, in units in which the U-Net takes them.
struct Latents {
  Tensor mean, std;  ///< float32 [N,C,h,w]

  /// Draws them anew at each place of each step, by `seed`; this must outlive them.
  Examples examples(std::uint64_t seed) const;
};

/// Where such things are kept, and how they are made.
struct Cache {
  std::filesystem::path folder;  ///< made if need be
  std::function<void(std::int64_t done, std::int64_t of)> progress = {};
  std::function<bool()> stops = {};  ///< asked after each part; Interrupted if it says so, with what is there kept
};

/// Latents of images on their way through `autoencoder`; `weights`: the digest of its weights.  They are made a part
/// at a time, in files with checksums: what is there is not made again, and what is damaged is.
/// Error if the images are not such as it takes.
Latents cached_latents(const ImageSet& images, const Autoencoder& autoencoder, const std::string& weights,
                       const Cache& cache);

/// Images first ... first+count-1 as the autoencoder takes them.                              -> float32 [count,C,H,W], on [-1,1]
Tensor images_of(const ImageSet& images, std::int64_t first, std::int64_t count);

/// Images of latents as the U-Net has them, a few at a time.                      [N,C,h,w] -> float32 [N,3,H,W], about [-1,1]
Tensor decoded(const Autoencoder& autoencoder, const Tensor& latents);

/// Embeddings of `prompts`, by `embed`, which gives [P,L,D]; `weights`: the digest of what it embeds by.
Tensor cached_embeddings(const std::vector<std::string>& prompts,
                         const std::function<Tensor(const std::vector<std::string>& prompts)>& embed,
                         const std::string& weights, const Cache& cache);

}  // namespace diffmem::stable
