// SPDX-License-Identifier: MIT
// In which order training sees its images: a pure function of (law, size, seed, position).
#pragma once
#include <diffmem/core/random.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace diffmem {

enum class Order {
  cycled,      ///< shuffled once, then the same order for ever (the paper's)
  reshuffled,  ///< a new order each epoch
};
inline constexpr std::array<std::string_view, 2> kOrderWords{"cycled", "reshuffled"};
constexpr const auto& words_of(Order) { return kOrderWords; }

/// The order of `size` images, 1 or more.  Each epoch sees each image once; batches straddle epoch ends.
class DataOrder {
 public:
  DataOrder(Order law, std::int64_t size, std::uint64_t seed) : law_(law), size_(size), seed_(seed) { shuffle(0); }

  /// The image at `position` = step * batch + place, 0 or more.  Cheap where positions rise, as a new epoch's order is
  /// drawn when one is first asked for.
  std::int64_t operator()(std::int64_t position) {
    const std::int64_t epoch = law_ == Order::cycled ? 0 : position / size_;
    if (epoch != epoch_) shuffle(epoch);
    return order_[static_cast<std::size_t>(position % size_)];
  }

 private:
  void shuffle(std::int64_t epoch) {
    order_ = RandomStream(seed_, Stream::order, static_cast<std::uint64_t>(epoch)).permutation(size_);
    epoch_ = epoch;
  }

  Order law_;
  std::int64_t size_;
  std::uint64_t seed_;
  std::int64_t epoch_ = 0;
  std::vector<std::int64_t> order_;
};

}  // namespace diffmem
