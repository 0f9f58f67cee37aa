// SPDX-License-Identifier: MIT
// Dropout masks on the device: the same integers as kernels::dropout_mask_cpu, so the same masks.
// Compiled with --expt-relaxed-constexpr, which lets the device call core/random.hpp's constexpr Philox.
#include <diffmem/core/random.hpp>

#include <cuda_runtime.h>

namespace diffmem::kernels {
namespace {

constexpr std::int64_t kPerBlock = 8;  // values decided by one Philox block

__global__ void dropout_mask(float* out, std::int64_t images, std::int64_t size, std::uint32_t key0, std::uint32_t key1,
                             std::uint64_t index, std::uint32_t first_place, std::uint32_t threshold, float scale) {
  const std::int64_t blocks = (size + kPerBlock - 1) / kPerBlock;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t job = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; job < images * blocks;
       job += stride) {
    const std::int64_t image = job / blocks, block = job % blocks;
    const PhiloxBlock words =
        philox4x32({static_cast<std::uint32_t>(block), first_place + static_cast<std::uint32_t>(image),
                    static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)},
                   {key0, key1});
    for (std::int64_t lane = 0; lane < kPerBlock && block * kPerBlock + lane < size; ++lane) {
      const std::uint32_t number = words[static_cast<std::size_t>(lane / 2)] >> (16 * (lane % 2)) & 0xFFFFu;
      out[image * size + block * kPerBlock + lane] = number < threshold ? 0.0f : scale;
    }
  }
}

}  // namespace

void dropout_mask_cuda(float* out, std::int64_t images, std::int64_t size, std::uint64_t seed, std::uint64_t index,
                       std::uint32_t first_place, std::uint32_t threshold, float scale, void* stream) {
  const std::int64_t jobs = images * ((size + kPerBlock - 1) / kPerBlock);
  if (jobs == 0) return;
  const auto key = philox_key(seed, Stream::dropout);
  const auto grid = static_cast<unsigned>(jobs < 256 * 4096 ? (jobs + 255) / 256 : 4096);
  dropout_mask<<<grid, 256, 0, static_cast<cudaStream_t>(stream)>>>(out, images, size, key[0], key[1], index,
                                                                    first_place, threshold, scale);
}

}  // namespace diffmem::kernels
