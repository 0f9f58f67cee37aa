// SPDX-License-Identifier: MIT
// Each process looks among its own images; lists of the nearest are gathered and merged.  Those of a rank are sorted by
// distance and then index, and indices rise with the ranks, so the merged ones are, too.
#include <diffmem/core/file.hpp>
#include <diffmem/measure/detail/copies.hpp>
#include <diffmem/measure/detail/memorization.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/sharded.hpp>
#include <diffmem/world/world.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <utility>

namespace diffmem {
namespace {

std::string_view bytes_of(std::span<const std::uint8_t> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size()};
}

void expect_same(std::string_view who, std::span<const std::uint8_t> queries, const World& world) {
  const auto all = world.gather(digest(bytes_of(queries)));
  for (std::size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != all[0])
      throw Error(who, fmt::format("other queries on rank {} than on rank 0", rank), "the same ones everywhere",
                  "give all processes the same images");
}

/// The `k` nearest of all that the processes found, each so many of its images as `found.k` says or as it has.
Neighbours merged(const Neighbours& found, std::int64_t first, std::size_t n, std::size_t k, const World& world) {
  struct Candidate {
    std::int64_t squared, index;
    auto operator<=>(const Candidate&) const = default;
  };
  std::vector<Candidate> mine;
  for (std::size_t i = 0; i < found.index.size(); ++i)
    mine.push_back({found.squared[i], found.index[i] < 0 ? -1 : first + found.index[i]});
  const std::vector<std::int64_t> each = world.gather(std::vector{found.k});
  const std::vector<Candidate> all = world.gather(mine);
  Neighbours best{.index = std::vector<std::int64_t>(n * k, -1),
                  .squared = std::vector<std::int64_t>(n * k, std::numeric_limits<std::int64_t>::max()),
                  .k = static_cast<std::int64_t>(k)};
  std::vector<Candidate> list;
  for (std::size_t q = 0; q < n; ++q) {
    list.clear();
    std::size_t begin = 0;  // of a rank's candidates
    for (const std::int64_t own : each) {
      const auto count = static_cast<std::size_t>(own);
      for (std::size_t j = 0; j < count; ++j)
        if (const Candidate& c = all[begin + q * count + j]; c.index >= 0) list.push_back(c);
      begin += n * count;
    }
    const std::size_t kept = std::min(k, list.size());
    std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(kept), list.end());
    for (std::size_t j = 0; j < kept; ++j)
      best.index[q * k + j] = list[j].index, best.squared[q * k + j] = list[j].squared;
  }
  return best;
}

/// The nearest among all for queries that are the same everywhere.
Neighbours nearest_of_all(std::span<const std::uint8_t> queries, const Shards& training, std::size_t k, int threads) {
  const std::size_t size = static_cast<std::size_t>(training.image_size()), n = queries.size() / size;
  const std::size_t here = std::min(k, training.here().size() / size);
  const Neighbours found =
      here > 0 ? nearest(queries, training.here(), training.image_size(), static_cast<std::int64_t>(here), threads)
               : Neighbours{};
  return merged(found, training.first(), n, k, training.world());
}

}  // namespace

Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, const World& world, int threads, double threshold,
                          std::span<const std::uint8_t> held_out) {
  const auto find = [&](std::span<const std::uint8_t> images) {
    const auto [n, m, size] = detail::image_counts("memorization", images.size(), training.size(), image_size);
    const Part mine = world.part(static_cast<std::int64_t>(n));
    const Neighbours found = nearest(
        images.subspan(static_cast<std::size_t>(mine.first) * size, static_cast<std::size_t>(mine.count) * size),
        training, image_size, 2, threads);
    return Neighbours{.index = world.gather(found.index), .squared = world.gather(found.squared), .k = found.k};
  };
  const auto count = static_cast<std::int64_t>(training.size() / detail::expect_size("memorization", image_size));
  return detail::memorization_by(find, generated, count, image_size, threshold, held_out);
}

Shards::Shards(std::span<const std::uint8_t> here, std::int64_t image_size, const World& world)
    : here_(here), size_(image_size), world_(&world), first_of_{0} {
  const auto all = world.gather(std::vector{image_size, static_cast<std::int64_t>(here.size())});
  for (std::size_t rank = 0; 2 * rank < all.size(); ++rank) {
    const std::int64_t size = all[2 * rank], values = all[2 * rank + 1];
    if (size != all[0] || size < 1 || values % size != 0)
      throw Error(
          "shards",
          fmt::format("images of {} values, and {} values on rank {} of {} an image", all[0], values, rank, size),
          "whole images of one size everywhere", "check how the processes read their parts");
    first_of_.push_back(first_of_.back() + values / size);
  }
}

std::int64_t Shards::first() const { return first_of_[static_cast<std::size_t>(world_->rank())]; }

std::vector<std::uint8_t> Shards::images(std::span<const std::int64_t> indices) const {
  const auto size = static_cast<std::size_t>(size_);
  const std::int64_t last = first() + static_cast<std::int64_t>(here_.size() / size);
  std::vector<std::uint8_t> mine;
  for (const std::int64_t i : indices) {
    if (i < 0 || i >= count())
      throw Error("shards", fmt::format("image {} of {}", i, count()), "an index of the whole set",
                  "number them from 0");
    if (i < first() || i >= last) continue;
    const auto image = here_.subspan(static_cast<std::size_t>(i - first()) * size, size);
    mine.insert(mine.end(), image.begin(), image.end());
  }
  const std::vector<std::string> parts = world_->gather(bytes_of(mine));
  std::vector<std::size_t> taken(parts.size());
  std::vector<std::uint8_t> all;
  all.reserve(indices.size() * size);
  for (const std::int64_t i : indices) {
    const auto rank = static_cast<std::size_t>(std::ranges::upper_bound(first_of_, i) - first_of_.begin() - 1);
    const char* from = parts[rank].data() + taken[rank];
    all.insert(all.end(), from, from + size);
    taken[rank] += size;
  }
  return all;
}

void Shards::show_all(const See& see) const {
  constexpr std::int64_t kBytes = 16 << 20;
  const std::int64_t most = std::max<std::int64_t>(1, kBytes / size_);  // images at a time
  for (int rank = 0; rank < world_->size(); ++rank)
    for (std::int64_t i = first_of_[static_cast<std::size_t>(rank)],
                      end = first_of_[static_cast<std::size_t>(rank) + 1];
         i < end; i += most) {
      std::string bytes;
      if (rank == world_->rank())
        bytes = bytes_of(here_).substr(static_cast<std::size_t>((i - first()) * size_),
                                       static_cast<std::size_t>(std::min(most, end - i) * size_));
      bytes = world_->from(rank, std::move(bytes));
      see(i, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    }
}

Neighbours nearest(std::span<const std::uint8_t> queries, const Shards& training, std::int64_t k, int threads) {
  const auto [n, m, size, each] =
      detail::nearest_sizes(queries.size(), static_cast<std::size_t>(training.count() * training.image_size()),
                            training.image_size(), k, false);
  expect_same("nearest", queries, training.world());
  return nearest_of_all(queries, training, each, threads);
}

Neighbours nearest_others(const Shards& images, std::int64_t k, int threads) {
  const auto values = static_cast<std::size_t>(images.count() * images.image_size());
  const auto [n, m, size, each] = detail::nearest_sizes(values, values, images.image_size(), k, true);
  Neighbours all{.index = {}, .squared = {}, .k = k};
  images.show_all([&](std::int64_t first, std::span<const std::uint8_t> some) {
    // One more than asked for: an image is itself among them, or behind so many that equal it.
    const Neighbours found = nearest_of_all(some, images, each + 1, threads);
    for (std::size_t q = 0; q < some.size() / size; ++q) {
      std::size_t taken = 0;
      for (std::size_t j = 0; taken < each; ++j) {
        const std::size_t at = q * (each + 1) + j;
        if (found.index[at] == first + static_cast<std::int64_t>(q)) continue;
        all.index.push_back(found.index[at]), all.squared.push_back(found.squared[at]);
        ++taken;
      }
    }
  });
  return all;
}

Neighbours nearest_apart(std::span<const std::uint8_t> queries, const Shards& training,
                         std::span<const std::uint8_t> like, std::int64_t squared_radius, int threads) {
  expect_same("nearest_apart", queries, training.world());
  expect_same("nearest_apart", like, training.world());
  const Neighbours found =
      nearest_apart(queries, training.here(), training.image_size(), like, squared_radius, threads);
  return merged(found, training.first(), found.index.size(), 1, training.world());
}

Memorization memorization(std::span<const std::uint8_t> generated, const Shards& training, int threads,
                          double threshold, std::span<const std::uint8_t> held_out) {
  return detail::memorization_by([&](auto images) { return nearest(images, training, 2, threads); }, generated,
                                 training.count(), training.image_size(), threshold, held_out);
}

std::int64_t squared_spacing(const Shards& training, int threads) {
  return detail::upper_median(nearest_others(training, 1, threads).squared);
}

Copies copies(std::span<const std::uint8_t> generated, const Shards& training, std::int64_t channels,
              const Replicas& found, std::int64_t spacing, int threads, double threshold) {
  const auto find = [&](std::span<const std::uint8_t> images, std::span<const std::int64_t> nearest) {
    return nearest_apart(images, training, training.images(nearest), spacing, threads);
  };
  return detail::copies_by(find, generated, training.count(), training.image_size(), channels, found, threshold);
}

std::vector<std::int64_t> distinct_images(const Shards& images) {
  const auto size = static_cast<std::size_t>(images.image_size());
  using Key = std::array<std::uint64_t, 2>;
  std::vector<Key> mine;
  for (std::size_t at = 0; at < images.here().size(); at += size) {
    const std::string text = digest(bytes_of(images.here().subspan(at, size)));
    const char *middle = text.data() + text.size() / 2, *end = text.data() + text.size();
    Key& key = mine.emplace_back();
    std::from_chars(text.data(), middle, key[0], 16), std::from_chars(middle, end, key[1], 16);
  }
  const std::vector<Key> all = images.world().gather(mine);
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(all[i], i); });
  std::vector<std::int64_t> distinct;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::int64_t place = static_cast<std::int64_t>(order[i]) - images.first();
    const bool is_first = i == 0 || all[order[i]] != all[order[i - 1]];
    if (is_first && place >= 0 && place < static_cast<std::int64_t>(mine.size())) distinct.push_back(place);
  }
  std::ranges::sort(distinct);
  return distinct;
}

}  // namespace diffmem
