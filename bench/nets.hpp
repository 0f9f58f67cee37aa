// SPDX-License-Identifier: MIT
// The networks that are timed, from small to the paper's, and images to train them on.
#pragma once
#include "bench.hpp"

#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/trainer.hpp>

namespace diffmem::bench {

struct Net {
  std::string_view name;
  UNetConfig config;
  int batch, sampled;  ///< images of a training step, and of a sampling
};
/// Error of `who` if there is none of this name.
inline const Net& net_of(std::string_view who, std::string_view name) {
  const auto small = [](int side) {
    return UNetConfig{
        .resolution = side, .channels = 1, .base = 32, .mult = {1, 2}, .blocks = 1, .attention = {16}, .dropout = 0.13};
  };
  static const std::vector<Net> all{
      {"demo", {.resolution = 8, .channels = 1, .base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}}, 64, 100},
      {"0", small(8), 64, 64},
      {"i", small(16), 64, 64},
      {"ii", {.resolution = 32, .channels = 3, .base = 64, .mult = {1, 2, 2}, .blocks = 2, .attention = {16}}, 32, 16},
      {"iii", {.resolution = 32, .channels = 3}, 16, 8},
      {"wide", {.resolution = 32, .channels = 3, .base = 320}, 16, 1}};
  const auto net = std::ranges::find(all, name, &Net::name);
  if (net == all.end()) throw Error(who, fmt::format("net={}", name), "demo, 0, i, ii, iii or wide", "see --help");
  return *net;
}

/// 1024 images of noise, as the network takes them.
inline ImageSet noise_images(const Net& net) {
  ImageSet images;
  images.name = "noise", images.count = 1024, images.channels = net.config.channels;
  images.height = images.width = net.config.resolution;
  RandomStream noise(1, Stream::subset);
  for (std::int64_t i = 0; i < images.count * images.image_size(); ++i)
    images.pixels.push_back(static_cast<std::uint8_t>(noise.below(256)));
  return images;
}

using Base = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;

}  // namespace diffmem::bench
