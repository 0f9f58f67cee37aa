// SPDX-License-Identifier: MIT
// How many images are enough: looks at a growing sample, intervals of the ratio that hold at all of them, when to stop.
#pragma once
#include <diffmem/measure/interval.hpp>

#include <cstdint>
#include <vector>

namespace diffmem {

/// Where a sequential test looks: at 100 images, then at 1.4 times as many each time, and at all of them.
std::vector<std::int64_t> looks_of(std::int64_t images);

/// The interval of `hits` of the first `n` of at most `images` independent images: Clopper and Pearson's, of which all
/// looks share the 5 % (Bonferroni).  So those of all looks hold at once in 95 % of samples, and one may stop at any of
/// them, for any reason, which Wilson's does not allow.  A mixture martingale (Robbins 1970) would hold at every
/// image, not only at the looks, but needs 1.5 to 1.7 times as many images between 0.1 and 0.9.  Errors as wilson().
Interval interval_at_look(std::int64_t hits, std::int64_t n, std::int64_t images);

/// When to stop: once the interval of the ratio is narrow, or on one side of a bound.  By default never.
struct StopRule {
  double half_width = 0;  ///< half the interval's width is at most this; 0: however narrow
  double bound = 0;       ///< such as 0.9, the EMM's: the interval does not hold it; 0: whatever it holds

  template <class Self, class Visit>
  static void each(Self& r, Visit&& visit) {
    visit("half_width", r.half_width), visit("bound", r.bound);
  }
  /// Error naming the field that is out of range.
  void validate() const;
  bool never() const { return half_width == 0 && bound == 0; }
  bool operator()(const Interval& i) const {
    return (half_width > 0 && i.high - i.low <= 2 * half_width) || (bound > 0 && (i.low > bound || i.high < bound));
  }
};

/// Takes the flags of a sample's images one by one and says when they are enough, whatever the batches were.
class SequentialTest {
 public:
  SequentialTest(const StopRule& rule, std::int64_t images) : rule_(rule), most_(images), looks_(looks_of(images)) {}

  /// True if the images until this one are enough.
  bool add(bool memorized);
  std::int64_t images() const { return images_; }

 private:
  StopRule rule_;
  std::int64_t most_, images_ = 0, hits_ = 0;
  std::vector<std::int64_t> looks_;
};

}  // namespace diffmem
