// SPDX-License-Identifier: MIT
// The engine's inner loops, vectorised: 16 queries at a time, side by side, point after point.
#pragma once
#include <diffmem/kernels/byte_dots.hpp>

#include <cstddef>
#include <cstdint>

namespace diffmem::detail {

using kernels::DotTile, kernels::PointStep, kernels::QueryStep, kernels::kPanel, kernels::kStep;

inline constexpr std::size_t kLanes = 16;  ///< queries whose numbers stand side by side
inline constexpr std::size_t kMostDigits = 4;

/// |y - x|^2 of an image of bytes, in float64.
double squared_distance(const double* y, const std::uint8_t* v, std::size_t size);
/// mean += w x.
void add_image(double* mean, double w, const std::uint8_t* v, std::size_t size);

/// What turns digits' inner products into logits, for 16 queries.
struct Lanes {
  double place[kMostDigits][kLanes] = {};       ///< worth of a unit of a digit's product
  double sum[kLanes] = {};                      ///< of a point's sum
  double bias[kLanes] = {}, rate[kLanes] = {};  ///< the rest; 1/s^2
};
/// Inner products of digits with a panel of points, [count][16]; `products` points at each digit's for the first point and
/// query, rows kPanel apart.  `add`: adds them alone to those of the values before.
void join_digits(const Lanes& lanes, const std::int32_t* const* products, std::size_t digits, const double* sum,
                 std::size_t count, bool add, double* out);
/// to += share * from, both [count][16].
void add_shares(const double* share, const double* from, std::size_t count, double* to);
/// Inner products become logits.
void logits(const double* rate, const double* half_square, const double* log_weight, std::size_t count, double* inout);
/// Lower bounds on the distances, from logits, plus what each query has moved.                          -> [count][16]
void bound_distances(const double* logit, std::size_t count, const double* log_weight, const double* square,
                     const double* twice, const double* moved, float* out);
/// Each query's largest logit; how many are at or above its cut; whether any of one point is at or above its least.
void find_most(const double* logit, std::size_t count, double* most);
void count_above(const double* logit, std::size_t count, const double* cut, double* above);
bool any_above(const double* logit, const double* least);
/// Whether any of one point's distances is at or below its limit.
bool any_below(const float* distance, const float* limit);

/// Sums over a tile.
struct Sums {
  double sum[kLanes] = {}, slope[kLanes] = {}, half_square[kLanes] = {};
};
/// Logits become weights e relative to `most`; their sum, the sum of e (logit - most), and of e |x|^2/2.
void weigh(double* logit, std::size_t count, const double* half_square, const double* most, Sums& sums);
/// Weights as whole numbers [16][kStep] of 1/scale; adds what rounding gives or takes, and what stays.
void units_of(const double* weight, std::size_t points, const double* scale, std::int32_t (*units)[kStep], double* off,
              double* used);
/// The digit of kStep whole numbers that is `place` bits up, -128 ... 127.
void digit_of(const std::int32_t* unit, int place, bool highest, std::int8_t* digit);
/// Values first ... first+31 of up to 64 images, four images to a word: the "queries" of a product with weights.
void interleave(const std::uint8_t* const* images, std::size_t count, std::size_t first, std::size_t values,
                QueryStep& to);
/// mean += w v.
void add_values(double* mean, double w, const std::uint8_t* v, std::size_t size);
/// mean += scale * products.
void add_products(double* mean, double scale, const std::int32_t* products, std::size_t values);

}  // namespace diffmem::detail
