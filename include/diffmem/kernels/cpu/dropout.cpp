// SPDX-License-Identifier: MIT
#include <diffmem/core/random.hpp>
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/dropout.hpp>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

#ifdef DIFFMEM_CUDA
#include <c10/cuda/CUDAStream.h>
#endif

namespace diffmem {
namespace kernels {
// Sixteen blocks at a time in arrays, so that the compiler keeps each round in vector registers.
DIFFMEM_CLONES void dropout_bits_cpu(std::uint8_t* out, std::int64_t size, std::uint64_t seed, std::uint64_t index,
                                     std::uint32_t place, std::uint32_t threshold) {
  constexpr std::int64_t kBlocks = 16, kPerBlock = 8;
  const auto key = philox_key(seed, Stream::dropout);
  const std::int64_t bytes = (size + kPerBlock - 1) / kPerBlock;
  for (std::int64_t begin = 0; begin < bytes; begin += kBlocks) {
    std::uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
    for (std::int64_t b = 0; b < kBlocks; ++b) {
      c0[b] = static_cast<std::uint32_t>(begin + b);
      c1[b] = place;
      c2[b] = static_cast<std::uint32_t>(index);
      c3[b] = static_cast<std::uint32_t>(index >> 32);
    }
    std::uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      for (std::int64_t b = 0; b < kBlocks; ++b) {
        const std::uint64_t x = std::uint64_t{0xD2511F53u} * c0[b];
        const std::uint64_t y = std::uint64_t{0xCD9E8D57u} * c2[b];
        c0[b] = static_cast<std::uint32_t>(y >> 32) ^ c1[b] ^ k0;
        c1[b] = static_cast<std::uint32_t>(y);
        c2[b] = static_cast<std::uint32_t>(x >> 32) ^ c3[b] ^ k1;
        c3[b] = static_cast<std::uint32_t>(x);
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    std::uint8_t bits[kBlocks];
    for (std::int64_t b = 0; b < kBlocks; ++b) {
      const auto kept = [threshold](std::uint32_t word) {
        return std::uint32_t{(word & 0xFFFFu) >= threshold} | std::uint32_t{(word >> 16) >= threshold} << 1;
      };
      bits[b] = static_cast<std::uint8_t>(kept(c0[b]) | kept(c1[b]) << 2 | kept(c2[b]) << 4 | kept(c3[b]) << 6);
    }
    std::memcpy(out + begin, bits, static_cast<std::size_t>(std::min(kBlocks, bytes - begin)));
  }
}

void dropout_mask_cpu(float* out, std::int64_t size, std::uint64_t seed, std::uint64_t index, std::uint32_t place,
                      std::uint32_t threshold, float scale) {
  std::vector<std::uint8_t> bits(static_cast<std::size_t>((size + 7) / 8));
  dropout_bits_cpu(bits.data(), size, seed, index, place, threshold);
  for (std::int64_t i = 0; i < size; ++i)
    out[i] = (bits[static_cast<std::size_t>(i / 8)] >> (i % 8) & 1) != 0 ? scale : 0.0f;
}

}  // namespace kernels

Tensor Dropout::mask(const Tensor& x, double rate) {
  const std::uint32_t threshold = Dropout::threshold(rate);
  const float scale = Dropout::scale(threshold);
  const std::uint64_t index = next_index();
  const std::int64_t images = x.size(0), size = images > 0 ? x.numel() / images : 0;
  Tensor out = x.dim() == 4 ? empty_images(x.sizes(), kFloat32, x.device()) : empty(x.sizes(), kFloat32, x.device());
#ifdef DIFFMEM_CUDA
  if (x.is_cuda()) {
    kernels::dropout_mask_cuda(out.mutable_data_ptr<float>(), images, size, seed, index, first_place, threshold, scale,
                               c10::cuda::getCurrentCUDAStream().stream());
    return out;
  }
#endif
  float* data = out.mutable_data_ptr<float>();
  at::parallel_for(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      kernels::dropout_mask_cpu(data + i * size, size, seed, index, first_place + static_cast<std::uint32_t>(i),
                                threshold, scale);
  });
  return out;
}

}  // namespace diffmem
