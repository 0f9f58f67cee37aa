// SPDX-License-Identifier: MIT
// |q - p|^2 = sum p^2 - 2 sum q p + sum q^2, blocked as a matrix product is: a thread packs some hundred queries, which
// stay in its core's cache while the training images pass in panels of 32, and looks at each 32 x 32 tile of inner
// products at once, so that no distance is stored.
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/insert_neighbour.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/nearest.hpp>
#include <diffmem/measure/within.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>

namespace diffmem {
namespace {

using kernels::DotTile, kernels::PointStep, kernels::QueryStep, kernels::kPanel, kernels::kStep;

constexpr std::size_t kQueryBytes = 1 << 20;        // packed queries that a core keeps in its second cache
constexpr std::size_t kFewest = 128, kMost = 1024;  // queries packed together, whatever their size
constexpr std::size_t kRun = 8;                     // steps of 32 points that stay in its first cache
constexpr std::size_t kExact = 512;                 // steps whose sums all fit into 32 bits: 512 * 64 * 255^2 < 2^31

/// Sum of (value - 128)^2 over at most kExact * kStep values.
DIFFMEM_CLONES std::int32_t squares(const std::uint8_t* values, std::size_t size) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto v = static_cast<std::int16_t>(values[i] - 128);  // 16 bits: the compiler multiplies and adds pairs
    sum += v * v;
  }
  return sum;
}

/// Sum of squared differences, of at most kExact * kStep values.
DIFFMEM_CLONES std::int32_t squared_differences(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto v = static_cast<std::int16_t>(a[i] - b[i]);
    sum += v * v;
  }
  return sum;
}

std::int64_t squared_distance(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < size; i += kExact * kStep)
    sum += squared_differences(a + i, b + i, std::min(kExact * kStep, size - i));
  return sum;
}

/// Bit p: point p is nearer to some query than that query's limit.  (Its two terms may wrap, their sum does not.)
DIFFMEM_CLONES std::uint32_t scan(const DotTile& dots, const std::int32_t* bias, const std::int32_t* limit,
                                  std::size_t rows) {
  std::uint32_t found = 0;
  for (std::size_t p = 0; p < rows; ++p) {
    std::int32_t any = 0;
    for (std::size_t q = 0; q < kPanel; ++q)
      any |= static_cast<std::int32_t>(static_cast<std::uint32_t>(bias[p]) -
                                       2 * static_cast<std::uint32_t>(dots.value[p][q])) < limit[q];
    found |= static_cast<std::uint32_t>(any) << p;
  }
  return found;
}

/// The images; shared by the threads.
struct Search {
  const std::uint8_t *queries, *points;
  std::size_t n, m, size;
  kernels::ByteKernel kernel;
};

/// What is wanted of the distances: each one below limit(query) is taken.
struct Nearest {
  Neighbours* found;
  std::size_t k;
  bool others;  // a query is not its own neighbour

  std::int64_t limit(std::size_t query) const { return found->squared[(query + 1) * k - 1]; }
  void take(std::size_t query, std::size_t point, std::int64_t distance) const {
    if (others && query == point) return;
    kernels::insert_neighbour(&found->index[query * k], &found->squared[query * k], k, static_cast<std::int64_t>(point),
                              distance);
  }
};
/// What is apart from the image `like` of a query: farther from it than the root of `squared_radius`.
struct Apart {
  Neighbours* found;
  const Search* search;
  const std::uint8_t* like;          // [n,size]
  const std::int64_t* squared_like;  // [n], the query's distance to it
  std::int64_t squared_radius;

  std::int64_t limit(std::size_t query) const { return found->squared[query]; }
  void take(std::size_t query, std::size_t point, std::int64_t distance) const {
    if (!apart(query, point, distance)) return;
    found->index[query] = static_cast<std::int64_t>(point);
    found->squared[query] = distance;
  }

 private:
  /// The triangle inequality tells nearly always; where it may not, the distance does.
  bool apart(std::size_t query, std::size_t point, std::int64_t distance) const {
    constexpr double rounding = 1e-9;
    const double d = std::sqrt(static_cast<double>(distance)), radius = std::sqrt(static_cast<double>(squared_radius)),
                 from_like = std::sqrt(static_cast<double>(squared_like[query]));
    if (d + from_like < radius * (1 - rounding)) return false;
    if (std::abs(d - from_like) > radius * (1 + rounding) + rounding * (d + from_like)) return true;
    const std::size_t size = search->size;
    return squared_distance(like + query * size, search->points + point * size, size) > squared_radius;
  }
};
struct Inside {
  const std::int64_t* squared_radii;
  const VisitPair* visit;
  int share;

  std::int64_t limit(std::size_t query) const {
    return std::clamp<std::int64_t>(squared_radii[query], -1, std::numeric_limits<std::int64_t>::max() - 1) + 1;
  }
  void take(std::size_t query, std::size_t point, std::int64_t) const {
    (*visit)(share, static_cast<std::int64_t>(query), static_cast<std::int64_t>(point));
  }
};

/// One thread's memory and work.
template <class Wanted>
class Worker {
 public:
  Worker(const Search& search, const Wanted& wanted, std::size_t rows)
      : s_(search),
        wanted_(wanted),
        steps_(divide_up(search.size, kStep)),
        stride_(kernels::point_stride(steps_)),
        queries_(rows / kPanel * steps_),
        points_(kPanel * stride_),
        offset_(rows),
        limit_(rows),
        tiles_(rows / kPanel),
        wide_dots_(wide() ? rows * kPanel : 0) {}

  /// Compares the queries first...last-1.
  void run(std::size_t first, std::size_t last) {
    const kernels::ByteKernel::Use use(s_.kernel);
    pack_queries(first, last);
    const std::size_t panels = divide_up(last - first, kPanel);
    for (std::size_t begin = 0; begin < s_.m; begin += kPanel) {
      const std::size_t count = std::min(kPanel, s_.m - begin);
      pack_points(begin, count);
      for (std::size_t s = 0; s < steps_; s += kRun) {
        const std::size_t run = std::min(kRun, steps_ - s);
        for (std::size_t panel = 0; panel < panels; ++panel)
          s_.kernel.dots(&points_[s], stride_, &queries_[panel * steps_ + s], run, s % kExact != 0, tiles_[panel]);
        if (wide() && ((s + kRun) % kExact == 0 || s + kRun >= steps_)) widen(panels, s < kExact);
      }
      for (std::size_t panel = 0; panel < panels; ++panel) look(panel, first, last, begin, count);
    }
  }

 private:
  // With p = point - 128:  distance = bias - 2 dot + offset,  where dot = sum p q,  bias = sum (point^2 - 128^2)  and
  // offset = sum (q - 128)^2.  So bias - 2 dot, which is compared, fits into as many bits as a distance.
  void pack_queries(std::size_t first, std::size_t last) {
    std::fill(limit_.begin(), limit_.end(), std::numeric_limits<std::int32_t>::min());
    for (std::size_t row = 0; row < last - first; ++row) {
      const std::uint8_t* from = s_.queries + (first + row) * s_.size;
      QueryStep* to = &queries_[row / kPanel * steps_];
      const std::size_t half = row % kPanel / (kPanel / 2), lane = row % (kPanel / 2);
      for (std::size_t i = 0; i < s_.size; i += 4)
        std::memcpy(to[i / kStep].value[half][i % kStep / 4][lane], from + i, std::min<std::size_t>(4, s_.size - i));
      offset_[row] = 0;
      for (std::size_t i = 0; i < s_.size; i += kExact * kStep)
        offset_[row] += squares(from + i, std::min(kExact * kStep, s_.size - i));
      set_limit(row, first + row);
    }
  }

  void pack_points(std::size_t begin, std::size_t count) {
    for (std::size_t row = 0; row < count; ++row) {
      const std::uint8_t* from = s_.points + (begin + row) * s_.size;
      std::int64_t squares = 0;
      for (std::size_t i = 0; i < s_.size; i += kExact * kStep)
        squares += s_.kernel.pack(from + i, std::min(kExact * kStep, s_.size - i), &points_[row * stride_ + i / kStep]);
      bias_[row] = squares - std::int64_t{128 * 128} * static_cast<std::int64_t>(s_.size);
      narrow_bias_[row] = static_cast<std::int32_t>(bias_[row]);
    }
  }

  /// Whether sums need 64 bits.
  bool wide() const { return steps_ > kExact; }

  void widen(std::size_t panels, bool first) {
    if (first) std::fill(wide_dots_.begin(), wide_dots_.end(), 0);
    std::int64_t* sum = wide_dots_.data();
    for (std::size_t panel = 0; panel < panels; ++panel)
      for (const auto& row : tiles_[panel].value)
        for (const std::int32_t dot : row) *sum++ += dot;
  }

  /// Compares `count` points with the queries of one panel.
  void look(std::size_t panel, std::size_t first, std::size_t last, std::size_t begin, std::size_t count) {
    const std::size_t row = panel * kPanel, lanes = std::min(kPanel, last - first - row);
    const DotTile& tile = tiles_[panel];
    std::uint32_t hits = wide() ? ~0u >> (kPanel - count) : scan(tile, narrow_bias_.data(), &limit_[row], count);
    for (; hits != 0; hits &= hits - 1) {
      const auto p = static_cast<std::size_t>(std::countr_zero(hits));
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::int64_t dot = wide() ? wide_dots_[(row + p) * kPanel + lane] : tile.value[p][lane];
        const std::int64_t distance = bias_[p] - 2 * dot + offset_[row + lane];
        const std::size_t query = first + row + lane;
        if (distance >= wanted_.limit(query)) continue;
        wanted_.take(query, begin + p, distance);
        set_limit(row + lane, query);
      }
    }
  }

  void set_limit(std::size_t row, std::size_t query) {
    limit_[row] = static_cast<std::int32_t>(
        std::min<std::int64_t>(wanted_.limit(query) - offset_[row], std::numeric_limits<std::int32_t>::max()));
  }

  const Search& s_;
  const Wanted wanted_;
  std::size_t steps_, stride_;
  std::vector<QueryStep> queries_;       // [rows/32][steps]
  std::vector<PointStep> points_;        // [32][stride]
  std::vector<std::int64_t> offset_;     // [rows]
  std::vector<std::int32_t> limit_;      // [rows]
  std::vector<DotTile> tiles_;           // [rows/32]
  std::vector<std::int64_t> wide_dots_;  // [rows/32][32][32]
  std::array<std::int64_t, kPanel> bias_{};
  std::array<std::int32_t, kPanel> narrow_bias_{};
};

/// Shares the queries out in blocks, alike in size and at least one a thread; whoever is free takes the next.
/// wanted(share) is what that thread looks for.
template <class Make>
void compare_all(const Search& search, int threads, const Make& wanted) {
  using Wanted = decltype(wanted(0));
  const std::size_t shares = detail::shares_of(search.n, threads, kPanel);
  if (shares == 0) return;
  const std::size_t rounds = divide_up(search.n, shares * std::clamp(kQueryBytes / search.size, kFewest, kMost));
  const std::size_t rows = divide_up(divide_up(search.n, shares * rounds), kPanel) * kPanel;
  std::vector<std::unique_ptr<Worker<Wanted>>> workers;
  for (std::size_t w = 0; w < shares; ++w)
    workers.push_back(std::make_unique<Worker<Wanted>>(search, wanted(static_cast<int>(w)), rows));
  detail::share_out(workers, search.n, rows);
}

Neighbours find(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training, std::int64_t image_size,
                std::int64_t k, int threads, kernels::ByteDots way, bool others) {
  const auto [n, m, size, each] = detail::nearest_sizes(queries.size(), training.size(), image_size, k, others);
  Neighbours found{.index = std::vector<std::int64_t>(n * each, -1),
                   .squared = std::vector<std::int64_t>(n * each, std::numeric_limits<std::int64_t>::max()),
                   .k = k};
  const Nearest wanted{&found, each, others};
  compare_all({queries.data(), training.data(), n, m, size, kernels::byte_kernel(way)}, threads,
              [&](int) { return wanted; });
  return found;
}

}  // namespace

Neighbours nearest(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                   std::int64_t image_size, std::int64_t k, int threads, kernels::ByteDots way) {
  return find(queries, training, image_size, k, threads, way, false);
}

Neighbours nearest_others(std::span<const std::uint8_t> images, std::int64_t image_size, std::int64_t k, int threads,
                          kernels::ByteDots way) {
  return find(images, images, image_size, k, threads, way, true);
}

Neighbours nearest_apart(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                         std::int64_t image_size, std::span<const std::uint8_t> like, std::int64_t squared_radius,
                         int threads, kernels::ByteDots way) {
  const auto [n, m, size] = detail::image_counts("nearest_apart", queries.size(), training.size(), image_size);
  if (like.size() != n * size)
    throw Error("nearest_apart", fmt::format("{} values of images to keep apart from, for {} queries", like.size(), n),
                fmt::format("one image of {} values for each query", size), "pass a training image a query");
  std::vector<std::int64_t> squared_like(n);
  for (std::size_t q = 0; q < n; ++q)
    squared_like[q] = squared_distance(queries.data() + q * size, like.data() + q * size, size);
  Neighbours found{.index = std::vector<std::int64_t>(n, -1),
                   .squared = std::vector<std::int64_t>(n, std::numeric_limits<std::int64_t>::max()),
                   .k = 1};
  const Search search{queries.data(), training.data(), n, m, size, kernels::byte_kernel(way)};
  const Apart wanted{&found, &search, like.data(), squared_like.data(), squared_radius};
  compare_all(search, threads, [&](int) { return wanted; });
  return found;
}

void within(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training, std::int64_t image_size,
            std::span<const std::int64_t> squared_radii, const VisitPair& visit, int threads, kernels::ByteDots way) {
  const auto [n, m, size] = detail::image_counts("within", queries.size(), training.size(), image_size);
  if (squared_radii.size() != n)
    throw Error("within", fmt::format("{} radii for {} queries", squared_radii.size(), n), "one for each query",
                "repeat a common radius");
  compare_all({queries.data(), training.data(), n, m, size, kernels::byte_kernel(way)}, threads,
              [&](int share) { return Inside{squared_radii.data(), &visit, share}; });
}

}  // namespace diffmem
