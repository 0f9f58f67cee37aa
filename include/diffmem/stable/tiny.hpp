// SPDX-License-Identifier: MIT
// A Stable Diffusion in small, made of a data set by this library alone: for studies at the scale of two cores.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/data/image_set.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace diffmem::stable {

struct UNetConfig;

/// How a small model folder is made of images: an autoencoder is trained on all of them; the text encoder, of two layers, stays as
/// it was drawn, and so gives each prompt an embedding of its own; the U-Net is trained with the images' captions, or, where
/// there are none, their classes' prompts.
struct Recipe {
  int side = 32;           ///< of the images                                    [pixels]
  int levels = 3;          ///< of the autoencoder: latents have side / 2^(levels-1)
  int codec_width = 32;    ///< channels of its finest level, a multiple of 8
  int codec_steps = 2500;  ///< of its training
  int unet_width = 32;     ///< channels of the U-Net's finest level, a multiple of 8
  int unet_steps = 500;    ///< of its training; 0: it stays as it was drawn
  int batch = 32;          ///< images a step, of both
  double rate = 2e-3;      ///< Adam's learning rate, of both
  std::uint64_t recipe_seed = 1;

  template <class Self, class Visit>
  static void each(Self& r, Visit&& visit) {
    visit("side", r.side), visit("levels", r.levels), visit("codec_width", r.codec_width),
        visit("codec_steps", r.codec_steps);
    visit("unet_width", r.unet_width), visit("unet_steps", r.unet_steps), visit("batch", r.batch);
    visit("rate", r.rate), visit("recipe_seed", r.recipe_seed);
  }
  void validate() const;
};

/// Its U-Net, whatever the images.
UNetConfig unet_of(const Recipe& recipe);

/// What is being done, and how far it is.
using TinyProgress = std::function<void(std::string_view doing, std::int64_t step, std::int64_t of)>;

/// Makes the model folder `folder`, whole or not at all; a second call goes on with what a first one, which Ctrl-C ended,
/// completed: autoencoder or U-Net.  `images` are of the recipe's side, grey or in colour, labelled or captioned.
/// Threads and processes that want the same at once wait for one of them.  Interrupted if Ctrl-C came.
void make_tiny(const std::filesystem::path& folder, const Recipe& recipe, const ImageSet& images,
               const TinyProgress& progress = {});

}  // namespace diffmem::stable
