// SPDX-License-Identifier: MIT
// The engine's inner loops, vectorised: 16 queries at a time, side by side, point after point.
#pragma once
#include <diffmem/kernels/byte_dots.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace diffmem::detail {

using kernels::DotTile, kernels::PointStep, kernels::QueryStep, kernels::kPanel, kernels::kStep;

inline constexpr std::size_t kLanes = 16;  ///< queries whose numbers stand side by side
inline constexpr std::size_t kMostDigits = 4;

/// Numbers of 16 queries about one point.
struct alignas(64) Row {
  double value[kLanes];
};
struct alignas(64) WholeRow {
  std::int32_t value[kLanes];
};

/// Asks for an image to be brought to the second cache.
inline void prefetch(const std::uint8_t* v, std::size_t size) {
  constexpr std::size_t kLine = 64;
  for (std::size_t j = 0; j < size; j += kLine) __builtin_prefetch(v + j, 0, 2);
}
/// |y - x|^2 of an image of bytes, in float64.
double squared_distance(const double* y, const std::uint8_t* v, std::size_t size);
/// An image and its weight.
struct Weighted {
  double weight;
  const std::uint8_t* image;
};
/// mean += sum w v, of `count` values from `first` on.
void add_values(double* mean, std::span<const Weighted> images, std::size_t first, std::size_t count);

/// Whole numbers of 16 queries about a panel of points, `stride` apart, and what one is worth.
struct Term {
  const std::int32_t* from;
  std::size_t stride;
  const Row* worth;
};
/// to[p] = bias + slope * sum[p].
void start_terms(const Row& bias, const Row& slope, const double* sum, std::size_t count, Row* to);
/// to[p] += the terms.
void add_terms(std::span<const Term> terms, std::size_t count, Row* to);
inline constexpr double kWholeParts = 0x1p31;  ///< of a unit
/// Inner products as whole numbers of `unit`, off by half of one, or with what they leave in `low`, if given, in
/// kWholeParts of it, off by one.
void to_whole(const Row* products, const Row& unit, std::size_t count, WholeRow* high, WholeRow* low);
/// a.b; to += scale * from.
double dot(const double* a, const double* b, std::size_t size);
void add_scaled(double* to, double scale, const double* from, std::size_t size);

/// Inner products become logits, rate (product - |x|^2/2) + log_weight; `most` is raised to the largest.
void logits(const Row& rate, const double* half_square, const double* log_weight, std::size_t count, Row* inout,
            Row& most);
/// Lower bounds on the distances, from logits, plus what each query has moved.                          -> [count][16]
void bound_distances(const Row* logit, std::size_t count, const double* log_weight, const Row& square, const Row& twice,
                     const Row& moved, float* out);
/// How many of a query's numbers are at or above its cut, or with `beside` that far from 0 either way.
void count_above(const Row* numbers, std::size_t count, const Row& cut, bool beside, Row& above);
/// The first point from `first` on with a number at or above its least, or beyond its limit either way of 0; or
/// `count`.
std::size_t next_above(const Row* numbers, std::size_t first, std::size_t count, const Row& least);
std::size_t next_beyond(const WholeRow* numbers, std::size_t first, std::size_t count, const WholeRow& limit);
/// Whether any of one point's distances is at or below its limit.
bool any_below(const float* distance, const float* limit);

/// Sums over a tile.
struct Sums {
  Row sum = {}, slope = {}, half_square = {};
};
/// Logits become weights e relative to `most`; their sum, the sum of e (logit - most), and of e |x|^2/2.
void weigh(Row* logit, std::size_t count, const double* half_square, const Row& most, Sums& sums);
/// weights -= units * worth.
void subtract_units(const WholeRow* units, const Row& worth, std::size_t count, Row* weights);
/// Weights as the nearest whole numbers of 1/scale; adds what rounding gives or takes, and what stays.
void units_of(const Row* weights, const Row& scale, std::size_t count, WholeRow* units, Row& off, Row& used);
/// One query's digit of kStep rows of whole numbers, `place` bits up, -128 ... 127.
void digit_of(const WholeRow* units, std::size_t lane, int place, bool highest, std::int8_t* digit);
/// mean += scale * products, of digits, the highest first.
void add_products(double* mean, double scale, std::span<const std::int32_t* const> products, std::size_t values);

}  // namespace diffmem::detail
