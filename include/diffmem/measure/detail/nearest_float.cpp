// SPDX-License-Identifier: MIT
// A float32 inner product tells which training images may be near enough, its error bounded; only those are compared
// again in float64, by the definition.
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/insert_neighbour.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/nearest.hpp>

#include <cmath>
#include <cstring>
#include <limits>

namespace diffmem {
namespace {

constexpr std::size_t kRows = 32;                 // queries that share one pass over the training images
constexpr std::size_t kPoints = 4, kQueries = 4;  // images whose inner products are taken together
using Lanes = float __attribute__((vector_size(64)));
constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(float);

/// out = the inner products of four points with four queries, summed in any order.
DIFFMEM_CLONES void inner_products(const float* const* points, const float* const* queries, std::size_t size,
                                   float (*out)[kQueries]) {
  Lanes sum[kPoints][kQueries] = {};
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    Lanes q[kQueries];
#pragma GCC unroll 4
    for (std::size_t c = 0; c < kQueries; ++c) std::memcpy(&q[c], queries[c] + i, sizeof(Lanes));
#pragma GCC unroll 4
    for (std::size_t r = 0; r < kPoints; ++r) {
      Lanes p;
      std::memcpy(&p, points[r] + i, sizeof(Lanes));
#pragma GCC unroll 4
      for (std::size_t c = 0; c < kQueries; ++c) sum[r][c] += p * q[c];
    }
  }
  for (std::size_t r = 0; r < kPoints; ++r)
    for (std::size_t c = 0; c < kQueries; ++c) {
      float total = 0;
      for (std::size_t lane = 0; lane < kLanes; ++lane) total += sum[r][c][lane];
      for (std::size_t rest = i; rest < size; ++rest) total += points[r][rest] * queries[c][rest];
      out[r][c] = total;
    }
}

/// The definition, summed in order.
double squared_distance(const float* a, const float* b, std::size_t size) {
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double d = double{a[i]} - double{b[i]};
    sum += d * d;
  }
  return sum;
}

/// Squared length of each image.  Error if a value is not finite.
std::vector<double> squared_lengths(std::span<const float> images, std::size_t size, std::string_view which) {
  std::vector<double> lengths(images.size() / size);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    for (std::size_t j = 0; j < size; ++j) lengths[i] += double{images[i * size + j]} * double{images[i * size + j]};
    if (!std::isfinite(lengths[i]))
      throw Error("nearest", fmt::format("a value that is not finite in {} {}", which, i), "finite values",
                  "leave such images out");
  }
  return lengths;
}

/// The whole question, and how to answer it for some queries.
struct FloatSearch {
  const float *queries, *points;
  detail::NearestSizes s;
  bool others;
  std::vector<double> query_lengths, point_lengths;
  FloatNeighbours* found;

  void run(std::size_t first, std::size_t last) const {
    // A float32 sum of D products is off by at most g |q| |p|, g = D u / (1 - D u), u = 2^-24 (Higham 2002, 3.1), so
    // twice that by g (|q|^2 + |p|^2); a few more u cover what float64 loses, and `tiny` what underflows.
    const double u = std::numeric_limits<float>::epsilon() / 2, terms = static_cast<double>(s.size + 16);
    const double bound = terms * u < 0.5 ? terms * u / (1 - terms * u) : std::numeric_limits<double>::infinity();
    const double tiny = terms * 4 * std::numeric_limits<float>::min();
    for (std::size_t p = 0; p < s.m; p += kPoints)
      for (std::size_t q = first; q < last; q += kQueries) {
        const float *rows[kPoints], *columns[kQueries];
        for (std::size_t r = 0; r < kPoints; ++r) rows[r] = points + std::min(p + r, s.m - 1) * s.size;
        for (std::size_t c = 0; c < kQueries; ++c) columns[c] = queries + std::min(q + c, last - 1) * s.size;
        float dots[kPoints][kQueries];
        inner_products(rows, columns, s.size, dots);
        for (std::size_t c = 0; c < std::min(kQueries, last - q); ++c)
          for (std::size_t r = 0; r < std::min(kPoints, s.m - p); ++r) {
            const double lengths = query_lengths[q + c] + point_lengths[p + r];
            const double least = lengths - 2 * double{dots[r][c]} - bound * lengths - tiny;
            double* squared = &found->squared[(q + c) * s.k];
            if (others && q + c == p + r) continue;
            if (std::isfinite(dots[r][c]) && least >= squared[s.k - 1]) continue;  // an infinite one tells nothing
            if (const double d = squared_distance(columns[c], rows[r], s.size); d < squared[s.k - 1])
              kernels::insert_neighbour(&found->index[(q + c) * s.k], squared, s.k, static_cast<std::int64_t>(p + r),
                                        d);
          }
      }
  }
};

FloatNeighbours find(std::span<const float> queries, std::span<const float> training, std::int64_t image_size,
                     std::int64_t k, int threads, bool others) {
  const detail::NearestSizes s = detail::nearest_sizes(queries.size(), training.size(), image_size, k, others);
  FloatNeighbours found{.index = std::vector<std::int64_t>(s.n * s.k, -1),
                        .squared = std::vector<double>(s.n * s.k, std::numeric_limits<double>::infinity()),
                        .k = k};
  const FloatSearch search{queries.data(),
                           training.data(),
                           s,
                           others,
                           squared_lengths(queries, s.size, "query"),
                           squared_lengths(training, s.size, "training image"),
                           &found};
  detail::share_out(std::vector(detail::shares_of(s.n, threads, kRows), &search), s.n, kRows);
  return found;
}

}  // namespace

FloatNeighbours nearest(std::span<const float> queries, std::span<const float> training, std::int64_t image_size,
                        std::int64_t k, int threads) {
  return find(queries, training, image_size, k, threads, false);
}

FloatNeighbours nearest_others(std::span<const float> images, std::int64_t image_size, std::int64_t k, int threads) {
  return find(images, images, image_size, k, threads, true);
}

}  // namespace diffmem
