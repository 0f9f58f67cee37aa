// SPDX-License-Identifier: MIT
// Images divided into cells by k-means.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace diffmem {

/// The centres of some cells; an image lies in the cell of its nearest centre, of equally near ones the first.
struct Cells {
  std::int64_t image_size = 0;  ///< D
  std::vector<float> centres;   ///< [cells,D] grey levels
};

/// Which cell each of `images` [N,D] lies in: [N].  Error if a size does not fit or there are no cells.
std::vector<std::int64_t> cell_of(std::span<const std::uint8_t> images, const Cells& cells, int threads = 1);

/// k-means: first centres by k-means++ (Arthur & Vassilvitskii 2007: an image is drawn with a probability proportional to
/// its squared distance to the centres so far) from Stream::cells of `seed`, then Lloyd's steps until no image changes its
/// cell or `rounds` are done.  At most `cells` cells, fewer where there are fewer different images.  The same on every
/// machine and with any number of threads.  `images` is [N,D], D = `image_size` = C*H*W.
/// Error if there is no image, a size does not fit, or `cells` or `rounds` is below 1.
Cells k_means(std::span<const std::uint8_t> images, std::int64_t image_size, std::int64_t cells, std::uint64_t seed = 0,
              int threads = 1, int rounds = 100);

}  // namespace diffmem
