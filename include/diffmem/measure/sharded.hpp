// SPDX-License-Identifier: MIT
// Nearest training images, and what is measured of them, by the processes of a world together: exactly what one process
// finds.
#pragma once
#include <diffmem/measure/memorization.hpp>

namespace diffmem {

class World;

/// memorization() where every process of `world` holds both sets: each looks at its part of the images, all get the whole
/// result.  To be called by all, with the same images; `threads` are each process's own.
Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, const World& world, int threads = 1, double threshold = 1.0 / 3,
                          std::span<const std::uint8_t> held_out = {});

}  // namespace diffmem
