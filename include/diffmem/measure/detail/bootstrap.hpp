// SPDX-License-Identifier: MIT
// What the bootstraps share.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/measure/detail/neighbours.hpp>

#include <cmath>

namespace diffmem::detail {

/// Of `draws` images, drawn with replacement from `images` of which `hits` are memorized, how many are.  A draw's chance
/// is hits / images, rounded to 32 bits.
inline std::int64_t drawn_hits(RandomStream& random, std::int64_t hits, std::int64_t images, std::int64_t draws) {
  const auto bar =
      static_cast<std::uint64_t>(std::llround(static_cast<double>(hits) / static_cast<double>(images) * 0x1p32));
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < draws; ++i) sum += random.bits() < bar;
  return sum;
}

/// Error of `who` if there are fewer than `least` replicates.
inline void expect_replicates(std::string_view who, int replicates, int least) {
  if (replicates < least)
    throw Error(who, fmt::format("{} replicates", replicates), fmt::format("at least {}", least), "use 1000");
}

/// value(r) for r = 0 ... replicates-1, shared by threads.
template <class Value>
std::vector<double> replicate(int replicates, int threads, const Value& value) {
  constexpr std::size_t kBlock = 8;
  std::vector<double> values(static_cast<std::size_t>(replicates));
  struct {
    const Value& value;
    std::vector<double>& values;
    void run(std::size_t first, std::size_t last) const {
      for (std::size_t r = first; r < last; ++r) values[r] = value(r);
    }
  } const work{value, values};
  share_out(std::vector(shares_of(values.size(), threads, kBlock), &work), values.size(), kBlock);
  return values;
}

}  // namespace diffmem::detail
