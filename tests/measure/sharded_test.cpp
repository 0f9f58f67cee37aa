// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "measure/brute.hpp"
#include "world/worlds.hpp"

#include <diffmem/measure/sharded.hpp>

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
