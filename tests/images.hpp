// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/data/image_set.hpp>

#include <string>

namespace diffmem {

/// uint8 [N,H,W] or [N,C,H,W] of a golden file as an image set.
inline ImageSet image_set(const Tensor& images, const std::string& name) {
  return {.name = name,
          .count = images.size(0),
          .channels = images.dim() == 4 ? images.size(1) : 1,
          .height = images.size(-2),
          .width = images.size(-1),
          .pixels = values_of<std::uint8_t>(images),
          .labels = {},
          .classes = 0};
}

}  // namespace diffmem
