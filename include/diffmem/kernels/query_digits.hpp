// SPDX-License-Identifier: MIT
// A noisy image y as digits of 8 bits: y = low + unit u + what is left, u whole, of 1, 2 or 4 digits.  A digit less 128 is
// a byte with a sign, and y = centre + unit (sum of signed digits 256^place) + the rest, centre = low + unit 128 (256^digits
// - 1) / 255.  What is left of y bounds a logit's error: |rest.x| <= |rest| |x|.
#pragma once
#include <diffmem/kernels/pack_images.hpp>

#include <cmath>

namespace diffmem::kernels {

inline constexpr unsigned kQueryRows = 16;  ///< queries whose rows of one digit stand together

/// The row of a query's digit, the highest first, among the rows of all: 16 queries' highest digits, their next ones, ...
/// so that one thread of tile_product() has all digits' products of a query.
DIFFMEM_DEVICE std::size_t digit_row(std::size_t query, unsigned digit, unsigned digits) {
  return (query / kQueryRows * digits + digit) * kQueryRows + query % kQueryRows;
}
/// Rows of n queries.
constexpr std::size_t digit_rows(std::size_t n, unsigned digits) {
  return (n + kQueryRows - 1) / kQueryRows * kQueryRows * digits;
}

/// One query y, sigma s.  With v a point's value less 128, x = (v + 1/2) / 127.5 and the logit of x is
///   bias + sum (sum of v) - rate |x|^2/2 + sum over digits of place (product of digit and v), and a constant.
struct QueryNumbers {
  double low, unit, rate;      // rate: 1/s^2
  double length, largest;      // |y|^2; what a logit's terms amount to, over the rate
  double longest;              // |x|, at most
  double place[4], sum, bias;  // by CutDigits, as the following
  double miss, slack;          // what is left of y, over s^2; a logit's error, at most

  /// A value of y is low + unit * whole + left.
  DIFFMEM_DEVICE double whole(double value) const { return ::rint((value - low) / unit); }
  DIFFMEM_DEVICE double left(double value) const { return value - (low + unit * whole(value)); }
};

/// Block q: of query q the least and largest value and |y|^2.
struct FindRange {
  const double* y;  // [n,size]
  std::size_t size;
  double* range;  // [n,3]

  static constexpr std::size_t kShared = shared_bytes<double>(kThreads);

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<double>(kThreads);
    const double* from = y + block.x() * size;
    double low = from[0], high = from[0], length = 0;
    for (std::size_t j = block.thread(); j < size; j += kThreads) {
      low = from[j] < low ? from[j] : low, high = from[j] > high ? from[j] : high;
      length += from[j] * from[j];
    }
    low = reduce(block, room, low, [](double a, double b) { return a < b ? a : b; });
    high = reduce(block, room, high, [](double a, double b) { return a > b ? a : b; });
    length = reduce_sum(block, room, length);
    if (block.thread() == 0)
      range[3 * block.x()] = low, range[3 * block.x() + 1] = high, range[3 * block.x() + 2] = length;
  }
};

/// Block q: the digits of query q, which is row rows[q] of y.
struct CutDigits {
  const double* y;           // [.,size]
  const std::int64_t* rows;  // [n]
  std::size_t size, stride;
  unsigned digits;
  std::int8_t* to;        // [digit_rows,stride]
  QueryNumbers* numbers;  // [n]

  static constexpr std::size_t kShared = shared_bytes<double>(kThreads);
  static constexpr double kRounding = 0x1p-48;  // of a logit in float64, relative to its terms

  template <class Block>
  DIFFMEM_DEVICE void operator()(Block& block) const {
    auto room = block.template shared<double>(kThreads);
    const std::size_t q = block.x();
    const double* from = y + static_cast<std::size_t>(rows[q]) * size;
    QueryNumbers& out = numbers[q];
    const double low = out.low, unit = out.unit, rate = out.rate;
    const double middle = 128 * (::ldexp(1.0, static_cast<int>(8 * digits)) - 1) / 255;
    double left = 0, all = 0;
    for (std::size_t j = block.thread(); j < stride; j += kThreads) {
      std::uint64_t bits = 0;
      if (j < size) {
        const double u = out.whole(from[j]), miss = out.left(from[j]);
        left += miss * miss, all += u - middle;
        bits = static_cast<std::uint64_t>(u);
      }
      for (unsigned d = 0; d < digits; ++d)
        to[digit_row(q, d, digits) * stride + j] =
            j < size ? static_cast<std::int8_t>((bits >> 8 * (digits - 1 - d) & 0xFF) ^ 0x80) : std::int8_t{0};
    }
    left = reduce_sum(block, room, left), all = reduce_sum(block, room, all);
    if (block.thread() != 0) return;
    const double centre = low + unit * middle;
    for (unsigned d = 0; d < 4; ++d)
      out.place[d] = d < digits ? rate * ::ldexp(unit, static_cast<int>(8 * (digits - 1 - d))) / 127.5 : 0;
    out.sum = rate * centre / 127.5;
    out.bias = rate * (centre * static_cast<double>(size) + unit * all) * 0.5 / 127.5;
    out.miss = rate * ::sqrt(left);
    out.slack = out.miss * out.longest + rate * kRounding * out.largest;
  }
};

}  // namespace diffmem::kernels
