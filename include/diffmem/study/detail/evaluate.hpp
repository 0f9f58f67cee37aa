// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/core/history.hpp>
#include <diffmem/data/image_set.hpp>

#include <cstdint>
#include <span>

namespace diffmem {

/// Generated images, uint8 [images,C,H,W], against the training images; step, epoch and seconds are left to the caller.
Evaluation evaluation_of(std::span<const std::uint8_t> generated, const ImageSet& training, int threads);

}  // namespace diffmem
