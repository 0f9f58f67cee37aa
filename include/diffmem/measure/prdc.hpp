// SPDX-License-Identifier: MIT
// Precision, recall, density and coverage: how generated and real images lie in each other's balls.
#pragma once
#include <diffmem/measure/within.hpp>

namespace diffmem {

/// What prdc() finds.  B_k(x): the closed ball around x whose radius is the distance to its k-th nearest other image of
/// x's own set.
struct Prdc {
  double precision = 0;  ///< share of generated images in B_k of some real one, 0..1
  double recall = 0;     ///< share of real images in B_k of some generated one, 0..1
  double density = 0;    ///< mean number of real balls around a generated image, over k; about 1 for the same law
  double coverage = 0;   ///< share of real balls that hold a generated image, 0..1
};

/// Kynkäänniemi et al. 2019 (Eqs. 1, 2; precision, recall) and Naeem et al. 2020 (density, coverage), on grey levels.
/// The papers take distances of features of a trained network: values on pixels are not comparable with theirs.
/// `generated` is [N',D], `real` [M,D], D = `image_size` = C*H*W.
/// Error if a set has fewer than k + 1 images, a size does not fit, or k is below 1.
Prdc prdc(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> real, std::int64_t image_size,
          std::int64_t k = 5, int threads = 1);

}  // namespace diffmem
