// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"
#include "world/worlds.hpp"

#include <diffmem/measure/sharded.hpp>

#include <array>

using namespace diffmem;
using brute::Bytes;
using worlds::on_each;

namespace {

bool same(const Neighbours& a, const Neighbours& b) {
  return a.index == b.index && a.squared == b.squared && a.k == b.k;
}
bool same(const Interval& a, const Interval& b) { return a.low == b.low && a.high == b.high; }
bool same(const Replicas& a, const Replicas& b) {
  return a.images == b.images && a.memorized == b.memorized && a.zero_second == b.zero_second && a.ratio == b.ratio &&
         same(a.interval, b.interval) && a.knn_distance == b.knn_distance && same(a.knn_interval, b.knn_interval) &&
         a.euclidean_distance == b.euclidean_distance && same(a.euclidean_interval, b.euclidean_interval) &&
         a.flags == b.flags && same(a.neighbours, b.neighbours) && a.copies == b.copies && a.reproduced == b.reproduced;
}
bool same(const Memorization& a, const Memorization& b) {
  return same(static_cast<const Replicas&>(a), b) && a.null.has_value() == b.null.has_value() &&
         (!a.null || same(*a.null, *b.null)) && a.difference == b.difference &&
         same(a.difference_interval, b.difference_interval) && a.verdict == b.verdict;
}

}  // namespace

TEST_CASE("images shared out over processes are measured as by one", "[measure][sharded]") {
  constexpr std::size_t size = 12;
  const Bytes training = brute::noise(50 * size, 1, 3);
  const Bytes generated = brute::joined(brute::noise(20 * size, 2, 3), Bytes(training.begin(), training.begin() + 60)),
              held_out = brute::noise(2 * size, 3, 3);
  const Memorization want = memorization(generated, training, size, 1, 0.5, held_out);
  REQUIRE(want.memorized > 0);
  for (const int processes : {1, 2, 3})
    for (const Memorization& found : on_each(processes, [&](const World& world) {
           return memorization(generated, training, size, world, 1, 0.5, held_out);
         })) {
      INFO(processes << " processes");
      REQUIRE(same(found, want));
    }
}

namespace {

bool same(const Copies& a, const Copies& b) {
  return a.images == b.images && a.copies == b.copies && a.ratio == b.ratio && same(a.interval, b.interval) &&
         a.flags == b.flags && a.apart == b.apart && a.squared_apart == b.squared_apart;
}

/// How many of the images each process holds.
using Uneven = std::vector<std::size_t>;
/// make(shards) on each rank, over `images` cut into parts of such sizes.
auto on_shards(const Bytes& images, std::size_t size, const Uneven& parts, auto&& make) {
  return on_each(static_cast<int>(parts.size()), [&](const World& world) {
    std::size_t first = 0;
    for (int rank = 0; rank < world.rank(); ++rank) first += parts[static_cast<std::size_t>(rank)];
    const std::span<const std::uint8_t> here(images.data() + first * size,
                                             parts[static_cast<std::size_t>(world.rank())] * size);
    return make(Shards(here, static_cast<std::int64_t>(size), world));
  });
}

}  // namespace

TEST_CASE("neighbours among sharded images are those among all, ties, tiny and empty shards included",
          "[measure][sharded][oracle]") {
  constexpr std::size_t images = 47;
  for (const auto& [size, levels] : {std::pair<std::size_t, std::uint64_t>{2, 3}, {65, 2}, {31, 256}}) {
    const Bytes t = brute::noise(images * size, 1, levels), q = brute::noise(21 * size, 2, levels);
    const auto d = static_cast<std::int64_t>(size);
    const Bytes like(t.begin(), t.begin() + 21 * d);
    const std::int64_t radius = brute::squared_distance(t, 0, t, 20, size);
    std::vector<Neighbours> want{nearest_apart(q, t, d, like, radius)};
    REQUIRE(std::ranges::count(want[0].index, -1) < 21);
    constexpr std::array<std::size_t, 4> asked{1, 2, 5, 46};
    for (const std::size_t k : asked) {
      want.push_back(brute::by_sorting(q, t, size, k));
      want.push_back(brute::by_sorting(t, t, size, k, true));
    }
    for (const Uneven& parts : std::vector<Uneven>{{47}, {30, 17}, {47, 0}, {0, 45, 2}, {1, 2, 44}})
      for (const auto& found : on_shards(t, size, parts, [&](const Shards& s) {
             std::vector<Neighbours> all{nearest_apart(q, s, like, radius)};
             for (const std::size_t k : asked) {
               all.push_back(nearest(q, s, static_cast<std::int64_t>(k), 1));
               all.push_back(nearest_others(s, static_cast<std::int64_t>(k), 1));
             }
             return all;
           }))
        for (std::size_t i = 0; i < want.size(); ++i) {
          INFO(size << " values, " << parts.size() << " processes, the first with " << parts[0] << ", search " << i);
          REQUIRE(same(found[i], want[i]));
        }
  }
}

TEST_CASE("memorization, spacing, copies, duplicates and images of a sharded set are those of the whole",
          "[measure][sharded][oracle]") {
  constexpr std::size_t size = 12;
  Bytes training = brute::clusters(40, size, 1);
  training.insert(training.end(), training.begin() + 3 * size, training.begin() + 9 * size);  // 3 ... 8 once more
  training[45 * size] ^= 1;                                                                   // but for 8
  const Bytes generated = brute::joined(brute::clusters(30, size, 2), training), held_out = brute::clusters(9, size, 3);
  const Memorization want = memorization(generated, training, size, 1, 1.0 / 3, held_out);
  const std::int64_t spacing = squared_spacing(training, size);
  const Copies copied = copies(generated, training, size, 1, want, spacing);
  REQUIRE(want.zero_second == 10);
  REQUIRE(copied.copies > want.memorized);
  for (const Uneven& parts : std::vector<Uneven>{{46}, {5, 41}, {20, 0, 26}}) {
    INFO(parts.size() << " processes");
    struct Found {
      Memorization memorization;
      std::int64_t spacing = 0;
      Copies copies;
      std::vector<std::int64_t> distinct;
      Bytes images;
    };
    std::vector<std::int64_t> distinct;
    for (const Found& found : on_shards(training, size, parts, [&](const Shards& s) {
           Found f;
           f.memorization = memorization(generated, s, 1, 1.0 / 3, held_out);
           f.spacing = squared_spacing(s);
           f.copies = copies(generated, s, 1, f.memorization, f.spacing);
           for (const std::int64_t i : distinct_images(s)) f.distinct.push_back(s.first() + i);
           f.images = s.images(std::vector<std::int64_t>{45, 0, 45, 7});
           return f;
         })) {
      REQUIRE(same(found.memorization, want));
      REQUIRE(found.spacing == spacing);
      REQUIRE(same(found.copies, copied));
      distinct.insert(distinct.end(), found.distinct.begin(), found.distinct.end());
      Bytes images;
      for (const int i : {45, 0, 45, 7})
        images.insert(images.end(), training.begin() + i * 12, training.begin() + (i + 1) * 12);
      REQUIRE(found.images == images);
    }
    std::vector<std::int64_t> first;
    for (std::int64_t i = 0; i < 46; ++i)
      if (i < 40 || i == 45) first.push_back(i);
    REQUIRE(distinct == first);
  }
}

TEST_CASE("all see all images once, in order", "[measure][sharded]") {
  constexpr std::size_t size = 5 << 20;  // three at a time
  Bytes images(9 * size);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<std::uint8_t>(i * 2654435761u >> 24);
  for (const Bytes& seen : on_shards(images, size, {5, 4}, [&](const Shards& s) {
         Bytes all;
         s.show_all([&](std::int64_t first, std::span<const std::uint8_t> some) {
           if (first * s.image_size() != static_cast<std::int64_t>(all.size())) throw std::runtime_error("order");
           all.insert(all.end(), some.begin(), some.end());
         });
         return all;
       }))
    REQUIRE((seen == images));
}

TEST_CASE("processes that disagree are told so, all of them", "[measure][sharded][bad]") {
  const Bytes one(3), two{0, 0, 0, 9, 9, 9};
  const auto say = [](auto&& act) { return [=](const World& world) { return complaint([&] { act(world); }); }; };
  for (const auto& said :
       on_each(2, say([&](const World& w) { nearest(w.leads() ? one : Bytes(3, 1), Shards(two, 3, w), 1); })))
    REQUIRE(says(said, "nearest", {"other queries on rank 1"}));
  for (const auto& said : on_each(2, say([&](const World& w) { Shards(two, w.leads() ? 3 : 2, w); })))
    REQUIRE(says(said, "shards", {"of 2 an image"}));
  for (const auto& said : on_each(2, say([&](const World& w) { Shards(w.leads() ? two : one, 2, w); })))
    REQUIRE(says(said, "shards", {"3 values on rank 1"}));
  for (const auto& said :
       on_each(2, say([&](const World& w) { Shards(two, 3, w).images(std::vector<std::int64_t>{4}); })))
    REQUIRE(says(said, "shards", {"image 4 of 4"}));
  for (const auto& said : on_each(2, say([&](const World& w) { nearest(one, Shards(two, 3, w), 5); })))
    REQUIRE(says(said, "nearest", {"k = 5", "4 training"}));
}
