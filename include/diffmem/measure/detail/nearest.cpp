// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/nearest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <thread>

#if defined(__x86_64__) && defined(__GNUC__)
#define DIFFMEM_WIDEST_VECTORS __attribute__((target_clones("arch=skylake-avx512", "avx2", "default")))
#else
#define DIFFMEM_WIDEST_VECTORS
#endif

namespace diffmem {
namespace {

constexpr std::size_t kRun = 32768;                // kRun * 255^2 < 2^31: one run of values cannot overflow int32
constexpr std::size_t kTrainingBlock = 256 << 10;  // bytes of training images that stay in a core's cache
constexpr std::size_t kQueryBlock = 16;            // queries that share one pass over such a block

DIFFMEM_WIDEST_VECTORS
std::int64_t squared_distance(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  std::int64_t total = 0;
  for (std::size_t begin = 0; begin < size; begin += kRun) {
    const std::size_t end = std::min(size, begin + kRun);
    std::int32_t sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const auto difference =
          static_cast<std::int16_t>(a[i] - b[i]);  // 16 bits: the compiler multiplies and adds pairs
      sum += difference * difference;
    }
    total += sum;
  }
  return total;
}

/// Puts a candidate into a list of k sorted ones.  Candidates come in rising index, so an equal distance goes behind.
void insert(std::int64_t* index, std::int64_t* squared, std::size_t k, std::int64_t candidate, std::int64_t distance) {
  if (distance >= squared[k - 1]) return;
  std::size_t at = k - 1;
  for (; at > 0 && squared[at - 1] > distance; --at) {
    squared[at] = squared[at - 1];
    index[at] = index[at - 1];
  }
  squared[at] = distance;
  index[at] = candidate;
}

}  // namespace

Neighbours nearest(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                   std::int64_t image_size, std::int64_t k, int threads) {
  const auto complain = [](const std::string& got, const std::string& want, std::string_view todo) {
    throw Error("nearest", got, want, todo);
  };
  if (image_size < 1) complain(fmt::format("image size {}", image_size), "at least 1 value an image", "pass C*H*W");
  const auto size = static_cast<std::size_t>(image_size);
  if (queries.size() % size != 0 || training.size() % size != 0)
    complain(fmt::format("{} query and {} training values", queries.size(), training.size()),
             fmt::format("multiples of the image size {}", size), "check that both sets have the same shape of image");
  const std::size_t n = queries.size() / size, m = training.size() / size;
  if (k < 1 || static_cast<std::uint64_t>(k) > m)
    complain(fmt::format("k = {}", k), fmt::format("1 to the {} training images", m),
             "ask for fewer neighbours or bring more images");

  const auto each = static_cast<std::size_t>(k);
  Neighbours found{.index = std::vector<std::int64_t>(n * each, -1),
                   .squared = std::vector<std::int64_t>(n * each, std::numeric_limits<std::int64_t>::max()),
                   .k = k};
  const std::size_t block = std::max<std::size_t>(1, kTrainingBlock / size);
  const auto work = [&](std::size_t first, std::size_t last) {
    for (std::size_t q0 = first; q0 < last; q0 += kQueryBlock)
      for (std::size_t t0 = 0; t0 < m; t0 += block)
        for (std::size_t q = q0; q < std::min(last, q0 + kQueryBlock); ++q)
          for (std::size_t t = t0; t < std::min(m, t0 + block); ++t)
            insert(&found.index[q * each], &found.squared[q * each], each, static_cast<std::int64_t>(t),
                   squared_distance(&queries[q * size], &training[t * size], size));
  };
  const std::size_t shares =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), 1, std::max<std::size_t>(n, 1));
  std::vector<std::jthread> others;
  for (std::size_t s = 1; s < shares; ++s) others.emplace_back(work, n * s / shares, n * (s + 1) / shares);
  work(0, n / shares);
  others.clear();  // joins
  return found;
}

}  // namespace diffmem
