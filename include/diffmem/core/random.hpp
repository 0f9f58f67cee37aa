// SPDX-License-Identifier: MIT
// Random numbers as a pure function of (seed, stream, index, sub): never of batch split, threads, devices or resume.
// Philox4x32-10 (Salmon et al. 2011, Random123) in counter mode; normals by Box-Muller in float64.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

namespace diffmem {

/// What a random number is for; two purposes never share numbers.  Values are part of the file format: append only.
enum class Stream : std::uint32_t {
  init = 1,         ///< initial weights                          index = parameter
  subset = 2,       ///< which images a subset takes               index = class
  labels = 3,       ///< random training labels                    index = image
  order = 4,        ///< data order                                index = epoch
  train_sigma = 5,  ///< the training sigma's variate              index = step, sub = place in the global batch
  train_noise = 6,  ///< the training noise                        index = step, sub = place in the global batch
  dropout = 7,  ///< dropout masks                             index = step and layer, sub = place in the global batch
  sample_latent = 8,  ///< a generated image's starting noise        index = image
  sample_label = 9,   ///< a generated image's label                 index = image
  sample_churn = 10,  ///< a generated image's per-step noise        index = image, sub = sampler step
  bootstrap = 11,     ///< resampling for intervals                  index = replicate
  embedding = 12,     ///< random frequencies of a time embedding
  skips = 13,         ///< random skip masks
  cells = 14,         ///< first centres of k-means
  latent = 15,        ///< the draw of an image's latents         index = step, sub = place in the global batch
};

using PhiloxBlock = std::array<std::uint32_t, 4>;

/// One block of Philox4x32-10: a bijection of `counter` for every `key`.
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// The Philox key of a (seed, stream) pair, mixed by splitmix64 so that near seeds share nothing.
constexpr std::array<std::uint32_t, 2> philox_key(std::uint64_t seed, Stream stream) {
  std::uint64_t z = seed + 0x9E3779B97F4A7C15ull * (static_cast<std::uint64_t>(stream) + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  z ^= z >> 31;
  return {static_cast<std::uint32_t>(z), static_cast<std::uint32_t>(z >> 32)};
}

/// A sequence of random numbers named by (seed, stream, index, sub).  Cheap to make: make one per image, not one per run.
///
///     RandomStream(seed, Stream::sample_latent, image).fill_normal(latent);
///
/// `index` below 2^64, `sub` below 2^32; one sequence holds 2^34 32-bit words.
class RandomStream {
 public:
  constexpr RandomStream(std::uint64_t seed, Stream stream, std::uint64_t index = 0, std::uint32_t sub = 0)
      : key_(philox_key(seed, stream)), index_(index), sub_(sub) {}

  /// 32 random bits.
  constexpr std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox4x32(
          {counter_++, sub_, static_cast<std::uint32_t>(index_), static_cast<std::uint32_t>(index_ >> 32)}, key_);
      used_ = 0;
    }
    return block_[used_++];
  }
  /// Uniform on [0, 1), 53 bits.
  constexpr double uniform() {
    const std::uint64_t high = bits();
    return static_cast<double>(((high << 32) | bits()) >> 11) * 0x1p-53;
  }
  /// Uniform integer in [0, n), n >= 1, without bias (masked rejection).
  constexpr std::uint64_t below(std::uint64_t n) {
    std::uint64_t mask = n - 1;
    for (int s = 1; s < 64; s *= 2) mask |= mask >> s;
    for (;;) {
      const std::uint64_t high = bits();
      const std::uint64_t r = ((high << 32) | bits()) & mask;
      if (r < n) return r;
    }
  }
  /// Two independent standard normals (Box-Muller).
  std::pair<double, double> normals() {
    const double r = std::sqrt(-2.0 * std::log1p(-uniform()));
    const double a = 2.0 * std::numbers::pi * uniform();
    return {r * std::cos(a), r * std::sin(a)};
  }
  /// Fills `out` (float or double) with standard normals; the first n of them do not depend on out.size().
  template <class T>
  void fill_normal(std::span<T> out) {
    for (std::size_t i = 0; i < out.size(); i += 2) {
      const auto [a, b] = normals();
      out[i] = static_cast<T>(a);
      if (i + 1 < out.size()) out[i + 1] = static_cast<T>(b);
    }
  }
  /// A uniformly random order of 0 ... n-1 (Fisher-Yates from the end).
  std::vector<std::int64_t> permutation(std::int64_t n) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
    for (std::int64_t i = n - 1; i > 0; --i)
      std::swap(order[static_cast<std::size_t>(i)], order[below(static_cast<std::uint64_t>(i) + 1)]);
    return order;
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint64_t index_;
  std::uint32_t sub_;
  std::uint32_t counter_ = 0;
  PhiloxBlock block_{};
  std::size_t used_ = 4;
};

}  // namespace diffmem
