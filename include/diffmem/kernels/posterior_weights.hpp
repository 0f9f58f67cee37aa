// SPDX-License-Identifier: MIT
// From a query's logits to its sums, to the list of the points that may matter, and, where many do, to their weights as
// digits.
#pragma once
#include <diffmem/kernels/posterior_logits.hpp>

namespace diffmem::kernels {

inline constexpr unsigned kMostListed = 1024;             ///< points that a list holds
inline constexpr unsigned kFew = 256;                     ///< more points of weight than these are summed by products
inline constexpr unsigned kWeightDigits = 4;              ///< of a weight, signed; the highest is 0 ... 127
inline constexpr double kWeightUnits = 127 * 16777216.0;  ///< of a weight of 1

/// What a query's logits say; e = exp(logit - most).
struct Weighed {
  double most, sum, slope;  // sum of e; of e (logit - most)
  double half_square;       // of e |x|^2/2
  double off;               // of what rounding e to units gives or takes
  std::int64_t used;        // units
  unsigned listed;          // points, which may be more than a list holds
  bool dense;               // many points of weight: they are in the digits
};

/// Block q: query q.
struct Weigh {
  PosteriorPoints points;
  const double* logits;  // [n,pitch]
  const QueryNumbers* numbers;
  std::size_t pitch;    // a multiple of kTileStep
  double reach;         // logits that far below the largest one do not count
  unsigned top;         // largest weights wanted, at most the points
  Weighed* weighed;     // [n]
  std::uint32_t* list;  // [n,kMostListed] places
  std::int8_t* digits;  // [digit_rows,pitch]

  static constexpr std::size_t kShared =
      shared_bytes<double>(kThreads) + shared_bytes<std::int64_t>(kThreads) + shared_bytes<std::uint32_t>(1);
  static constexpr unsigned kSpare = 32;  // a list may hold so many more than `top` needs

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<double>(kThreads);
    auto whole_room = block.template shared<std::int64_t>(kThreads);
    auto listed = block.template shared<std::uint32_t>(1);
    const std::size_t q = block.x(), count = static_cast<std::size_t>(points.count);
    const double* logit = logits + q * pitch;
    const double slack = numbers[q].slack;
    const auto at_least = [&](double cut) {
      std::int64_t n = 0;
      for (std::size_t i = block.thread(); i < count; i += kThreads) n += logit[i] >= cut;
      return reduce_sum(block, whole_room, n);
    };

    double most = logit[0], least = logit[0];
    for (std::size_t i = block.thread(); i < count; i += kThreads)
      most = logit[i] > most ? logit[i] : most, least = logit[i] < least ? logit[i] : least;
    most = reduce(block, room, most, [](double a, double b) { return a > b ? a : b; });
    const double cut = most - reach - 2 * slack;
    const bool dense = at_least(cut) > kFew;

    // `from` is at most the top-th largest logit: halving finds it.
    double from = most;
    if (top > 1) {
      from = reduce(block, room, least, [](double a, double b) { return a < b ? a : b; });
      double above = most;
      std::int64_t found = points.count;
      for (unsigned i = 0; i < 64 && found > top + kSpare && above - from > slack; ++i) {
        const double middle = from + (above - from) / 2;
        const std::int64_t here = at_least(middle);
        if (here >= top)
          from = middle, found = here;
        else
          above = middle;
      }
    }
    from -= 2 * slack;
    if (!dense && cut < from) from = cut;

    if (block.thread() == 0) listed.set(0, 0);
    block.sync();
    double sum = 0, slope = 0, half_square = 0, off = 0;
    std::int64_t used = 0;
    for (std::size_t i = block.thread(); i < pitch; i += kThreads) {
      std::uint32_t units = 0;
      if (i < count) {
        const double x = logit[i] - most, e = ::exp(x);
        sum += e, slope += e * x, half_square += e * points.half_square(points.id(i));
        if (logit[i] >= from) {
          const std::uint32_t at = listed.add(0, 1);
          if (at < kMostListed) list[q * kMostListed + at] = static_cast<std::uint32_t>(i);
        }
        units = static_cast<std::uint32_t>(::rint(e * kWeightUnits));
        off += ::fabs(e - units / kWeightUnits), used += units;
      }
      if (!dense) continue;
      const std::uint32_t up = units + 0x808080;  // the lower digits borrow nothing
      for (unsigned d = 0; d < kWeightDigits; ++d)
        digits[digit_row(q, d, kWeightDigits) * pitch + i] =
            static_cast<std::int8_t>((up >> 8 * (kWeightDigits - 1 - d) & 0xFF) ^ (d > 0 ? 0x80 : 0));
    }
    sum = reduce_sum(block, room, sum), slope = reduce_sum(block, room, slope);
    half_square = reduce_sum(block, room, half_square), off = reduce_sum(block, room, off);
    used = reduce_sum(block, whole_room, used);
    if (block.thread() == 0) weighed[q] = {most, sum, slope, half_square, off, used, listed.get(0), dense};
  }
};

}  // namespace diffmem::kernels
