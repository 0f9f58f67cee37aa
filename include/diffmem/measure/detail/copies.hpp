// SPDX-License-Identifier: MIT
// What is a copy, whoever finds the training images that are no twins.
#pragma once
#include <diffmem/measure/copies.hpp>

#include <functional>

namespace diffmem::detail {

/// nearest_apart() of images whose nearest training images have these indices.
using FindApart =
    std::function<Neighbours(std::span<const std::uint8_t> images, std::span<const std::int64_t> nearest)>;

/// copies() where there are `training` training images and `find` looks among them.
Copies copies_by(const FindApart& find, std::span<const std::uint8_t> generated, std::int64_t training,
                 std::int64_t image_size, std::int64_t channels, const Replicas& found, double threshold);

/// The median, of an even number the upper one.
std::int64_t upper_median(std::vector<std::int64_t> numbers);

}  // namespace diffmem::detail
