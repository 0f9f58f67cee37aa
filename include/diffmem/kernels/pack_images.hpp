// SPDX-License-Identifier: MIT
// Images made ready for tile_product(): grey levels less 128, rows padded with zeros.
#pragma once
#include <diffmem/kernels/tile_product.hpp>

namespace diffmem::kernels {

/// Bytes from one packed image to the next: a multiple of both sides of a tile.
constexpr std::size_t packed_stride(std::size_t size) { return (size + kTile - 1) / kTile * kTile; }
/// Steps of tile_product() that cover an image.
constexpr unsigned packed_steps(std::size_t size) { return static_cast<unsigned>((size + kTileStep - 1) / kTileStep); }

/// A block packs one image.
struct PackImages {
  const std::uint8_t* from;  // [count,size]
  std::size_t size, stride;
  std::int8_t* to;       // [count,stride]
  std::int64_t* sum;     // [count] of v - 128; or null
  std::int64_t* square;  // [count] of (v - 128)^2

  static constexpr std::size_t kShared = shared_bytes<std::int64_t>(kThreads);

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<std::int64_t>(kThreads);
    std::int64_t ones = 0, squares = 0;
    for (std::size_t j = block.thread(); j < stride; j += kThreads) {
      const int v = j < size ? from[block.x() * size + j] - 128 : 0;
      to[block.x() * stride + j] = static_cast<std::int8_t>(v);
      ones += v, squares += v * v;
    }
    ones = reduce_sum(block, room, ones), squares = reduce_sum(block, room, squares);
    if (block.thread() != 0) return;
    if (sum) sum[block.x()] = ones;
    square[block.x()] = squares;
  }
};

}  // namespace diffmem::kernels
