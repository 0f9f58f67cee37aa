// SPDX-License-Identifier: MIT
// Inner products of bytes, 32 points with 32 queries at a time, in exact integers, by the instructions the machine has.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace diffmem::kernels {

inline constexpr std::size_t kPanel = 32;  ///< images on either side of a tile
inline constexpr std::size_t kStep = 64;   ///< values of each image that one step of a tile takes

/// One step of one point: value - 128.  A panel of 32 points is [32][point_stride(steps)] of them.
struct alignas(64) PointStep {
  std::int8_t value[kStep];
};
/// From a point to the next one, in steps: odd, so that points do not fall on the same lines of a cache.
constexpr std::size_t point_stride(std::size_t steps) { return steps | 1; }

/// One step of 32 queries, as the instructions want it: four values of sixteen queries side by side.
struct alignas(64) QueryStep {
  std::uint8_t value[2][kStep / 4][kPanel / 2][4];  ///< (query / 16, value / 4, query % 16, value % 4)
};
/// What 32 points and 32 queries give.
struct alignas(64) DotTile {
  std::int32_t value[kPanel][kPanel];  ///< (point, query)
};

/// The instructions to use, slowest first: none in particular, AVX2's 16-bit products, four bytes to a lane in 256 or
/// in 512 bits, or tiles.
enum class ByteDots { plain, avx2, avx_vnni, avx512_vnni, amx };
inline constexpr std::array<std::string_view, 5> kByteDotsWords = {"plain", "avx2", "avx_vnni", "avx512_vnni", "amx"};
constexpr const auto& words_of(ByteDots) { return kByteDotsWords; }

/// Those this machine and its kernel allow, slowest first.  Plain is always there.
const std::vector<ByteDots>& byte_dots_here();

/// One way to compute a tile.
struct ByteKernel {
  /// Called in a thread before its first tile and after its last.  What a kernel sets in between, stop() sets back: oneDNN
  /// believes the registers of LibTorch's threads to be as it left them.
  void (*start)();
  void (*stop)();
  /// Writes `size` values of a point, less 128, and returns the sum of their squares before that; size <= 2^15.
  std::int32_t (*pack)(const std::uint8_t* values, std::size_t size, PointStep* to);
  /// out(p,q) = (`add`: +=) sum over steps and values of point(p) * query(q).  Exact while a sum spans no more than 1024
  /// steps.
  void (*dots)(const PointStep* points, std::size_t stride, const QueryStep* queries, std::size_t steps, bool add,
               DotTile& out);

  /// Values first ... first+31 of up to 64 images, four images to a word: the "queries" of a product with weights, which
  /// are its points.
  void (*interleave)(const std::uint8_t* const* images, std::size_t count, std::size_t first, std::size_t values,
                     QueryStep& to);

  /// start() here, and stop() when it goes.
  class Use {
   public:
    explicit Use(const ByteKernel& kernel) : stop_(kernel.stop) { kernel.start(); }
    ~Use() { stop_(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    void (*stop_)();
  };
};

/// The kernel of `way`.  Error if the machine lacks it.
ByteKernel byte_kernel(ByteDots way);

}  // namespace diffmem::kernels
