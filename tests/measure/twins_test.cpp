// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/copies.hpp>

#include <limits>

using namespace diffmem;
using brute::Bytes, brute::noise;
using kernels::ByteDots, kernels::byte_dots_here;

namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

/// nearest_apart() by its definition.
Neighbours apart_by_hand(const Bytes& queries, const Bytes& training, std::size_t size,
                         const std::vector<std::int64_t>& like, std::int64_t squared_radius) {
  Neighbours all{.index = {}, .squared = {}, .k = 1};
  for (std::size_t q = 0; q < like.size(); ++q) {
    std::int64_t best = kNone, at = -1;
    for (std::size_t t = 0; t < training.size() / size; ++t) {
      const std::int64_t d = brute::squared_distance(queries, q, training, t, size);
      const auto twin = static_cast<std::size_t>(like[q]);
      if (d < best && brute::squared_distance(training, twin, training, t, size) > squared_radius)
        best = d, at = static_cast<std::int64_t>(t);
    }
    all.index.push_back(at);
    all.squared.push_back(best);
  }
  return all;
}

/// The flags by their definition, on images of one channel.
Bytes flags_by_hand(const Bytes& generated, const Bytes& training, std::size_t size, std::int64_t spacing) {
  const Neighbours two = brute::by_sorting(generated, training, size, 2);
  Bytes flags;
  for (std::size_t i = 0; i < generated.size() / size; ++i) {
    const std::int64_t d1 = two.squared[2 * i], d2 = two.squared[2 * i + 1];
    const Bytes x(generated.begin() + static_cast<std::ptrdiff_t>(i * size),
                  generated.begin() + static_cast<std::ptrdiff_t>((i + 1) * size));
    std::int64_t blank = kNone;
    for (int colour = 0; colour < 256; ++colour)
      blank = std::min(blank, brute::squared_distance(x, 0, Bytes(size, static_cast<std::uint8_t>(colour)), 0, size));
    const std::int64_t far = apart_by_hand(x, training, size, {two.index[2 * i]}, spacing).squared[0];
    const bool distinct = 9 * d1 < blank || d1 < static_cast<std::int64_t>(size);
    flags.push_back(9 * d1 < d2 || (distinct && far != kNone && 9 * d1 < far));
  }
  return flags;
}

Copies copies_of(const Bytes& generated, const Bytes& training, std::int64_t size, int threads = 1,
                 double threshold = 1.0 / 3) {
  const Memorization found = memorization(generated, training, size, 1, threshold);
  return copies(generated, training, size, 1, found, squared_spacing(training, size), threads, threshold);
}

/// Images `near` to each of some, and those.
Bytes with_twins(const Bytes& images, int near, std::uint64_t seed) {
  const Bytes steps = noise(images.size(), seed, 2);
  Bytes all = images;
  for (std::size_t i = 0; i < images.size(); ++i)
    all.push_back(static_cast<std::uint8_t>(std::clamp(images[i] + (steps[i] ? near : -near), 0, 255)));
  return all;
}

}  // namespace

TEST_CASE("the nearest that is apart, at awkward sizes and in every way", "[measure][oracle]") {
  struct Case {
    std::size_t queries, training, size;
    std::uint64_t levels;
  };
  for (const auto& [queries, training, size, levels] :
       {Case{1, 1, 1, 2}, Case{37, 53, 2, 3}, Case{70, 33, 65, 2}, Case{33, 95, 31, 256}, Case{3, 40, 33'000, 2}}) {
    const Bytes q = noise(queries * size, 1, levels), t = noise(training * size, 2, levels);
    const auto d = static_cast<std::int64_t>(size);
    std::vector<std::int64_t> like;
    Bytes like_images;
    for (std::size_t i = 0; i < queries; ++i) {
      like.push_back(static_cast<std::int64_t>(i * 5 % training));
      const auto from = t.begin() + static_cast<std::ptrdiff_t>(i * 5 % training * size);
      like_images.insert(like_images.end(), from, from + d);
    }
    const std::int64_t border = brute::squared_distance(t, 0, t, training / 2, size);  // some image's own distance
    for (const std::int64_t radius : {std::int64_t{-1}, std::int64_t{0}, border - 1, border, kNone - 1}) {
      const Neighbours want = apart_by_hand(q, t, size, like, radius);
      for (const int threads : {0, 1, 3})
        REQUIRE(nearest_apart(q, t, d, like_images, radius, threads).index == want.index);
      for (const ByteDots way : byte_dots_here()) {
        const Neighbours found = nearest_apart(q, t, d, like_images, radius, 1, way);
        REQUIRE(found.index == want.index);
        REQUIRE(found.squared == want.squared);
      }
    }
    REQUIRE(apart_by_hand(q, t, size, like, kNone - 1).index[0] == -1);
  }
}

TEST_CASE("copies are what their definition says, whatever the threads", "[measure][oracle]") {
  struct Case {
    std::size_t generated, training, size;
    std::uint64_t levels;
    int near, off;  // twins of training images, and generated images beside those
  };
  std::int64_t hidden = 0, alone = 0;
  for (const auto& [generated, training, size, levels, near, off] :
       {Case{33, 17, 12, 256, 9, 2}, Case{64, 31, 3, 3, 1, 1}, Case{5, 1, 7, 256, 3, 1}, Case{40, 25, 65, 256, 0, 4},
        Case{41, 20, 8, 2, 20, 20}}) {
    const Bytes t = with_twins(noise(training * size, 3, levels), near, 4);
    Bytes g = with_twins(t, off, 5);
    g = brute::joined({g.end() - static_cast<std::ptrdiff_t>(t.size()), g.end()}, noise(generated * size, 6, levels));
    const auto d = static_cast<std::int64_t>(size);
    const Bytes want = flags_by_hand(g, t, size, squared_spacing(t, d));
    const Memorization found = memorization(g, t, d);
    for (const int threads : {0, 1, 3}) {
      const Copies all = copies_of(g, t, d, threads);
      REQUIRE(all.flags == want);
      REQUIRE(all.copies == std::count(want.begin(), want.end(), 1));
      for (std::size_t i = 0; i < want.size(); ++i) REQUIRE(all.flags[i] >= found.flags[i]);  // a superset
      REQUIRE(all.interval.high == wilson(all.copies, all.images).high);
    }
    hidden += std::count(want.begin(), want.end(), 1) - found.memorized;
    alone += found.memorized;
  }
  REQUIRE(hidden > 20);
  REQUIRE(alone > 5);
}

TEST_CASE("where no image has a twin, copies are what Eq. 61 calls memorized", "[measure][law]") {
  // All training images are exactly as far apart: a ball of that radius, less a little, holds no second one.
  Bytes t(8 * 8), g;
  for (std::size_t i = 0; i < 8; ++i) t[9 * i] = 200;
  for (int v = 0; v < 200; v += 5)
    for (std::size_t i = 0; i < 8; ++i) g.push_back(static_cast<std::uint8_t>(i ? i % 3 : v));
  const Memorization found = memorization(g, t, 8);
  REQUIRE(found.memorized > 0);
  REQUIRE(found.memorized < found.images);
  REQUIRE(copies(g, t, 8, 1, found, squared_spacing(t, 8) - 1).flags == found.flags);
}

TEST_CASE("a copy of a twin is found, one between families and a faint one are not", "[measure]") {
  // Two values an image: pairs of twins, and a faint one beside the nearly blank.
  const Bytes t{0, 250, 4, 250, 120, 20, 124, 20, 200, 0, 204, 0, 250, 250, 252, 250};
  REQUIRE(squared_spacing(t, 2) == 16);
  REQUIRE(copies_of(Bytes{1, 250}, t, 2).flags == Bytes{1});     // 1 of 3 to the twin, far from all else
  REQUIRE(memorization(Bytes{1, 250}, t, 2).flags == Bytes{0});  // exactly 1/3
  REQUIRE(copies_of(Bytes{60, 135}, t, 2).flags == Bytes{0});    // between families
  REQUIRE(copies_of(Bytes{251, 245}, t, 2).flags == Bytes{0});   // a third and more of its way to one colour
  REQUIRE(copies_of(Bytes{251, 250}, t, 2).flags == Bytes{1});   // below one grey level: rounding
  const Copies lone = copies_of(Bytes{1, 250}, t, 2);
  REQUIRE(lone.apart == std::vector<std::int64_t>{6});
  REQUIRE(lone.squared_apart == std::vector<std::int64_t>{249 * 249});
}

TEST_CASE("the nearest image of one colour has the rounded mean", "[measure]") {
  // 0, 0, 11: 4, not 3, is the nearest colour, at 16 + 16 + 49 = 81 = 9 * 3^2: the border, which does not count.
  const Bytes far{200, 0, 0, 200, 1, 0};
  REQUIRE(copies_of(Bytes{0, 0, 11}, brute::joined({3, 0, 11, 3, 1, 11}, far), 3).flags == Bytes{0});
  REQUIRE(copies_of(Bytes{0, 0, 12}, brute::joined({3, 0, 12, 3, 1, 12}, far), 3).flags == Bytes{1});
}

TEST_CASE("colours are blank each for itself", "[measure]") {
  // Red, nearly flat: the distance to one colour is small although the channels are far apart.
  const Bytes t{200, 200, 0, 0, 204, 200, 0, 0, 0, 0, 99, 200}, g{203, 203, 2, 0};
  const Memorization found = memorization(g, t, 4);
  REQUIRE(copies(g, t, 4, 2, found, 16).flags == Bytes{0});
  REQUIRE(copies(g, t, 4, 1, found, 16).flags == Bytes{1});
}

TEST_CASE("copies of a duplicated image count; training images all alike leave the ratio alone", "[measure]") {
  REQUIRE(copies_of(Bytes{5, 9, 100}, Bytes{5, 9, 9, 200, 200}, 1).flags == Bytes{1, 1, 0});
  REQUIRE(copies_of(Bytes{7, 9}, Bytes(6, 7), 1).flags == Bytes{0, 0});  // no image is apart
  REQUIRE(copies_of(Bytes{7, 9}, Bytes(6, 7), 1).apart == std::vector<std::int64_t>{-1, -1});
  REQUIRE(copies_of(Bytes{30, 29, 60}, Bytes{0, 120}, 1).flags == Bytes{0, 1, 0});  // two training images: both twins
}

TEST_CASE("copies refuses what does not fit", "[measure][bad]") {
  const Bytes one(3), two{0, 0, 0, 9, 9, 9};
  const Memorization found = memorization(one, two, 3);
  REQUIRE(says(complaint([&] { copies(two, two, 3, 1, found, 1); }), "copies", {"2 images", "1 that memorization()"}));
  REQUIRE(says(complaint([&] { copies({}, two, 3, 1, {}, 1); }), "copies", {"0 images"}));
  REQUIRE(says(complaint([&] { copies(one, two, 3, 2, found, 1); }), "copies", {"2 channels in 3 values"}));
  REQUIRE(says(complaint([&] { copies(one, two, 0, 1, found, 1); }), "copies", {"image size 0"}));
  REQUIRE(says(complaint([&] { squared_spacing(one, 3); }), "nearest_others", {"k = 1"}));
  REQUIRE(says(complaint([&] { nearest_apart(one, two, 3, Bytes{}, 1); }), "nearest_apart",
               {"0 values", "for 1 queries", "one image of 3 values"}));
  Memorization other = found;
  other.neighbours.index[1] = 2;
  REQUIRE(says(complaint([&] { copies(one, two, 3, 1, other, 1); }), "copies", {"image 2 of 2"}));
}
