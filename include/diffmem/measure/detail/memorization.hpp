// SPDX-License-Identifier: MIT
// What is counted of the nearest training images, whoever finds them.
#pragma once
#include <diffmem/measure/memorization.hpp>

#include <functional>

namespace diffmem::detail {

/// The two nearest training images of each of some images.
using FindTwo = std::function<Neighbours(std::span<const std::uint8_t> images)>;

/// memorization() where there are `training` training images and `find` looks among them.
Memorization memorization_by(const FindTwo& find, std::span<const std::uint8_t> generated, std::int64_t training,
                             std::int64_t image_size, double threshold, std::span<const std::uint8_t> held_out);

}  // namespace diffmem::detail
