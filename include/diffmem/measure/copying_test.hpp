// SPDX-License-Identifier: MIT
// Whether generated images lie nearer to the training images than held-out images do.
#pragma once
#include <diffmem/measure/cells.hpp>

namespace diffmem {

/// How to divide the images.
struct CopyingParams {
  std::int64_t cells = 10;      ///< of k-means on the training images; 1: the global statistic, Z_U
  std::int64_t generated = 20;  ///< a cell with fewer generated images is left out of the average
  std::uint64_t seed = 0;       ///< of k-means
};

/// One cell.
struct CopyingCell {
  std::int64_t held_out = 0, generated = 0;  ///< images in it
  bool counted = false;                      ///< whether it is in the average
  double z = 0;                              ///< Z_U; 0 if not counted
};

/// What copying_test() finds.
struct CopyingTest {
  double c_t =
      0;  ///< below 0: nearer than held-out images, so copied; above: further away, so underfit; about 0: neither
  std::vector<CopyingCell> cells;  ///< as k_means numbers them
};

/// The three-sample test of Meehan et al. 2020: in each cell, mann_whitney() of the distances to the nearest training
/// image, generated against held-out; C_T is their mean weighted by held-out images, over the cells with enough generated
/// images and some held-out one.  A counted cell's z has about the standard normal law if both have the data's law.
/// The paper takes distances of features.  Images are [any,D], D = `image_size` = C*H*W.
/// Error if a set is empty, a size does not fit, cells is below 1, or no cell counts.
CopyingTest copying_test(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> held_out,
                         std::span<const std::uint8_t> training, std::int64_t image_size,
                         const CopyingParams& params = {}, int threads = 1);

}  // namespace diffmem
