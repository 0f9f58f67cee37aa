// SPDX-License-Identifier: MIT
// The posterior's engine on the CPU: one pass over 8-bit training images for a batch of noisy ones, in integers where
// all images count and in float64 where few do, with a proved bound on what that leaves out.
#pragma once
#include <diffmem/kernels/byte_dots.hpp>
#include <diffmem/optimum/detail/vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diffmem::detail {

/// The training images and what is known of each; value v stands for x = v/127.5 - 1.
struct Points {
  const std::uint8_t* values = nullptr;  // [count,size]
  std::size_t count = 0, size = 0;
  std::vector<std::int32_t> sum;    // of v - 128
  std::vector<double> half_square;  // |x|^2 / 2
  std::vector<double> log_weight;   // or empty: all count alike
  double longest = 0, radius = 0;   // the largest |x|, and their root mean square
  std::uint64_t id = 0;             // no other points of this process have it

  Points(const std::uint8_t* values, std::size_t count, std::size_t size, std::span<const double> weights, int threads);
  const std::uint8_t* operator[](std::size_t i) const { return values + i * size; }
};

/// One noisy image y = x + s eps.
struct Query {
  const double* y = nullptr;  // [size]
  double s = 1;
};
/// What the posterior says of it; mean is the caller's memory.
struct Answer {
  double* mean = nullptr;  // [size]
  double log_sum = 0, entropy = 0, max_weight = 0, spread = 0;
  double error = 0;                // proved: total variation between these weights and the true ones
  double log_sum_error = 0;        // proved, too
  std::vector<std::int64_t> top;   // the largest weights' images, equal ones by index
  std::vector<double> top_weight;  // theirs
  std::vector<double> top_logit;   // -|y - x|^2 / 2 s^2 + log_weight
};

inline constexpr std::size_t kTile = 2048;    // points taken at once
inline constexpr std::size_t kMostKnown = 8;  // images of each row whose products are kept

/// An image of each row and its products with all points: what a pass had in digits, so they are exact but for how they
/// are kept.
struct Known {
  std::vector<double> image;           // [rows,size]
  std::vector<WholeRow> product, low;  // [rows/16][count] whole numbers of `unit`; parts of it, or empty
  std::vector<double> unit, off;       // [rows]: worth of a one; how much a product may be off
  std::vector<double> square, most;    // [rows]: of the image: |y|^2, 0 if there is none; the largest |value|
};
/// The weights that rows had at the last new s, as they are in their means: whole numbers.
struct KnownWeights {
  std::vector<WholeRow> units;      // [rows/16][count]
  std::vector<double> worth;        // [tiles][rows]: log of what a unit weighs
  std::vector<double> s;            // [rows]: 0 if there are none
  std::vector<double> image, mean;  // [rows,size]: those asked about; Σ e v
  std::vector<double> most, used;   // [rows]: log of the unit of `mean` and `used`, Σ e
};

/// What stays known of a batch while its images move: lower bounds on every distance, |y' - x| >= |y - x| - |y' - y|,
/// and products, for a sampler's next images are sums of its last ones and of means, which change little.
struct Bounds {
  std::uint64_t points = 0;  // the id of those that the distances are to
  std::size_t rows = 0, count = 0;
  std::vector<float> distance;    // [rows/16][count][16], as of when the row had moved 0
  std::vector<double> moved;      // [rows], since then
  std::vector<double> last;       // [rows,size], the images that it was last asked about
  std::vector<std::size_t> near;  // [rows], a point that was near them
  std::size_t known_most = 0;     // of `known`, at most kMostKnown
  std::vector<Known> known;
  KnownWeights weights;
  struct Spread {
    double spread, s = 0;
  };
  std::vector<Spread> spread;  // [rows], Answer's at the last s

  /// What to expect of a row's spread: it falls with s.
  double spread_at(std::size_t row, double s, double otherwise) const {
    return row < spread.size() && s <= spread[row].s ? spread[row].spread : otherwise;
  }
};

struct ScanOptions {
  double tolerance = 1e-6;  // of Answer::error; 0: float64 throughout
  std::size_t top = 1;      // entries of Answer::top
  int threads = 1;
  kernels::ByteDots way = kernels::byte_dots_here().back();
};

/// Answers the queries over the points that `members` names (empty: all).  `bounds`, if given, is used and kept up to
/// date; it must be of the same points, all of them.
void scan(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries,
          std::span<Answer> answers, const ScanOptions& options, Bounds* bounds = nullptr);

}  // namespace diffmem::detail
