// SPDX-License-Identifier: MIT
// The logit of image x for the query y is -|y - x|^2 / 2 s^2 = (y.x - |x|^2/2) / s^2 + a constant.  y becomes a few
// 8-bit digits, so that y.x is a sum of inner products of bytes, exact but for what the digits leave of y, and that is
// bounded: |(y - digits).x| <= |y - digits| |x|.  Where few images carry weight, their distances are computed again in
// float64; where many do, their weights become digits, too, and the mean is products of bytes once more.
#include <diffmem/optimum/detail/scan.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#define DIFFMEM_CLONES \
  __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3", "no-trapping-math", "no-math-errno")))
#define DIFFMEM_INLINE __attribute__((always_inline)) inline
#else
#define DIFFMEM_CLONES
#define DIFFMEM_INLINE inline
#endif

namespace diffmem::detail {
namespace {

using kernels::DotTile, kernels::PointStep, kernels::QueryStep, kernels::kPanel, kernels::kStep;

constexpr std::size_t kLanes = 16;   // queries whose numbers stand side by side
constexpr std::size_t kTile = 2048;  // points whose logits are kept
constexpr std::size_t kRun = 8;      // steps of a panel of points that stay in the first cache while the queries pass
constexpr std::size_t kWide = 8;     // panels of values interleaved at once: whole lines of a cache are read
constexpr std::size_t kFew = 48;     // of a tile: more points of weight than these are summed by products of bytes
constexpr std::size_t kMostDigits = 4;
constexpr double kUnits[] = {127 * 65536.0, 127 * 16777216.0};  // of a weight of 1 in three and in four digits
constexpr double kNothing = -std::numeric_limits<double>::infinity();
constexpr double kRounding = 0x1p-50;  // of a logit in float64, relative to its largest term

constexpr std::size_t round_up(std::size_t a, std::size_t b) { return (a + b - 1) / b * b; }

/// e^x for x <= 0, within 4e-16 of itself; below -700 it stays at 1e-304.
DIFFMEM_INLINE double exp_below(double x) {
  constexpr double kMagic = 0x1.8p52, kLog2e = 1.4426950408889634074;
  constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  x = x < -700 ? -700 : x;
  const double shifted = x * kLog2e + kMagic, k = shifted - kMagic;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double p = 1.0 / 479001600;
  for (const double c : {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
                         1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    p = p * r + c;
  const std::int64_t power = std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(kMagic);
  return p * std::bit_cast<double>((power + 1023) << 52);
}

DIFFMEM_CLONES double squared_distance(const double* y, const std::uint8_t* v, std::size_t size) {
  double sum = 0;
  constexpr std::size_t kParts = 32;
  double parts[kParts] = {};
  std::size_t j = 0;
  for (; j + kParts <= size; j += kParts)
    for (std::size_t i = 0; i < kParts; ++i) {
      const double e = y[j + i] - (v[j + i] * (1 / 127.5) - 1);
      parts[i] += e * e;
    }
  for (const double part : parts) sum += part;
  for (; j < size; ++j) {
    const double e = y[j] - (v[j] * (1 / 127.5) - 1);
    sum += e * e;
  }
  return sum;
}
DIFFMEM_CLONES void add_image(double* mean, double w, const std::uint8_t* v, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) mean[j] += w * (v[j] / 127.5 - 1);  // divided: one image is itself
}

/// Logits of a panel of points for 16 queries: `tile` holds, `stride` tiles apart, each digit's inner products.
struct Lanes {
  double place[kMostDigits][kLanes] = {};  // what a unit of a digit's product is worth
  double sum[kLanes] = {};                 // of one in a point's sum
  double bias[kLanes] = {}, rate[kLanes] = {};
};
DIFFMEM_CLONES void logits(const Lanes& lanes, const std::int32_t* const* products, std::size_t digits,
                           const double* sum, const double* half_square, const double* log_weight, std::size_t count,
                           double* out) {
  for (std::size_t p = 0; p < count; ++p, out += kLanes) {
    double t[kLanes];
    for (std::size_t q = 0; q < kLanes; ++q)
      t[q] = lanes.bias[q] + lanes.sum[q] * sum[p] - lanes.rate[q] * half_square[p] + log_weight[p];
    for (std::size_t d = 0; d < digits; ++d) {
      const std::int32_t* product = products[d] + p * kPanel;
      for (std::size_t q = 0; q < kLanes; ++q) t[q] += lanes.place[d][q] * product[q];
    }
    for (std::size_t q = 0; q < kLanes; ++q) out[q] = t[q];
  }
}

/// Lower bounds on the distances, from logits.
DIFFMEM_CLONES void bound_distances(const double* logit, std::size_t count, const double* log_weight,
                                    const double* square, const double* twice, const double* moved, float* out) {
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      const double squared = square[q] - twice[q] * (logit[p * kLanes + q] - log_weight[p]);
      out[p * kLanes + q] = static_cast<float>((std::sqrt(squared > 0 ? squared : 0) + moved[q]) * (1 - 1e-6));
    }
}

DIFFMEM_CLONES void find_most(const double* logit, std::size_t count, double* most) {
  double m[kLanes];
  for (double& x : m) x = kNothing;
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) m[q] = logit[p * kLanes + q] > m[q] ? logit[p * kLanes + q] : m[q];
  for (std::size_t q = 0; q < kLanes; ++q) most[q] = m[q];
}
DIFFMEM_CLONES void count_above(const double* logit, std::size_t count, const double* cut, double* above) {
  double n[kLanes] = {};
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) n[q] += logit[p * kLanes + q] >= cut[q] ? 1 : 0;
  for (std::size_t q = 0; q < kLanes; ++q) above[q] = n[q];
}
DIFFMEM_CLONES bool any_above(const double* logit, const double* least) {
  int any = 0;
  for (std::size_t q = 0; q < kLanes; ++q) any |= logit[q] >= least[q];
  return any != 0;
}

/// Sums over a tile for 16 queries; logits become weights relative to `most`; those below `cut` are also summed apart.
struct Sums {
  double sum[kLanes] = {}, slope[kLanes] = {}, half_square[kLanes] = {}, lost[kLanes] = {};
};
DIFFMEM_CLONES void weigh(double* logit, std::size_t count, const double* half_square, const double* most,
                          const double* cut, Sums& sums) {
  double sum[kLanes] = {}, slope[kLanes] = {}, square[kLanes] = {}, lost[kLanes] = {};
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      const double l = logit[p * kLanes + q], x = l - most[q], e = exp_below(x);
      sum[q] += e;
      slope[q] += e * x;
      square[q] += e * half_square[p];
      lost[q] += l >= cut[q] ? 0 : e;
      logit[p * kLanes + q] = e;
    }
  for (std::size_t q = 0; q < kLanes; ++q) {
    sums.sum[q] = sum[q], sums.slope[q] = slope[q], sums.half_square[q] = square[q], sums.lost[q] = lost[q];
  }
}

/// Weights of 16 queries, [points][16], as whole numbers [16][kStep] of 1/scale[q].
DIFFMEM_CLONES void units_of(const double* weight, std::size_t points, const double* scale,
                             std::int32_t (*units)[kStep], double* off, double* used) {
  double one[kLanes];
  for (std::size_t q = 0; q < kLanes; ++q) one[q] = 1 / scale[q];
  double o[kLanes] = {}, u[kLanes] = {};
  for (std::size_t p = 0; p < points; ++p)
    for (std::size_t q = 0; q < kLanes; ++q) {
      const double w = weight[p * kLanes + q];
      const auto unit = static_cast<std::int32_t>(w * scale[q] + 0.5);
      const double as = unit * one[q];
      o[q] += as > w ? as - w : w - as, u[q] += as;
      units[q][p] = unit;
    }
  for (std::size_t q = 0; q < kLanes; ++q) off[q] += o[q], used[q] += u[q];
}
/// One digit of whole numbers, `place` bits up, as -128 ... 127: 0x808080 added, lower digits borrow nothing.
DIFFMEM_CLONES void digit_of(const std::int32_t* unit, int place, bool highest, std::int8_t* digit) {
  for (std::size_t p = 0; p < kStep; ++p) {
    const std::int32_t up = unit[p] + (place == 0 ? 0x80 : place == 8 ? 0x8080 : 0x808080);
    digit[p] = static_cast<std::int8_t>(highest ? (unit[p] + (place == 16 ? 0x8080 : 0x808080)) >> place
                                                : ((up >> place) & 0xFF) - 0x80);
  }
}
/// mean += scale * products.
DIFFMEM_CLONES void add_products(double* mean, double scale, const std::int32_t* products, std::size_t values) {
  for (std::size_t k = 0; k < values; ++k) mean[k] += scale * products[k];
}
/// Values first ... first+31 of 64 images, four images to a word: those are the "queries" of a product with weights.
void interleave(const std::uint8_t* const* images, std::size_t count, std::size_t first, std::size_t values,
                QueryStep& to) {
#if defined(__x86_64__)
  if (count == kStep && values == kPanel) {
    const auto load = [](const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
    for (std::size_t word = 0; word < kStep / 4; ++word)
      for (std::size_t half = 0; half < 2; ++half) {
        const std::size_t at = first + half * kPanel / 2;
        const __m128i a = load(images[4 * word] + at), b = load(images[4 * word + 1] + at);
        const __m128i c = load(images[4 * word + 2] + at), d = load(images[4 * word + 3] + at);
        const __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
        const __m128i ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
        auto* out = reinterpret_cast<__m128i*>(to.value[half][word]);
        _mm_store_si128(out, _mm_unpacklo_epi16(ab, cd));
        _mm_store_si128(out + 1, _mm_unpackhi_epi16(ab, cd));
        _mm_store_si128(out + 2, _mm_unpacklo_epi16(ab_high, cd_high));
        _mm_store_si128(out + 3, _mm_unpackhi_epi16(ab_high, cd_high));
      }
    return;
  }
#endif
  to = {};
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < values; ++j)
      to.value[j / (kPanel / 2)][i / 4][j % (kPanel / 2)][i % 4] = images[i][first + j];
}

struct Candidate {
  std::size_t point;  // place among the members
  double logit;
};

/// Σ over some points, relative to the largest logit.
struct Tally {
  double most = kNothing, sum = 0, slope = 0;
  double half_square = 0;      // Σ e |x|^2/2, of what is not in `few`
  double lost = 0, off = 0;    // Σ e left out of the mean, and rounded away
  double used = 0;             // Σ e as they are in the mean
  std::vector<double> mean;    // Σ e v; empty: nothing dense
  std::vector<Candidate> few;  // points of weight that are not in the mean
  std::vector<Candidate> top;  // those that may be among the largest

  void rebase(double to) {
    if (!(to > most)) return;
    const double shift = most - to, scale = sum > 0 ? std::exp(shift) : 0;
    slope = sum > 0 ? (slope + sum * shift) * scale : 0;
    sum *= scale, half_square *= scale, lost *= scale, off *= scale, used *= scale;
    for (double& x : mean) x *= scale;
    most = to;
  }
  void absorb(Tally& other) {
    const double to = std::max(most, other.most);
    rebase(to), other.rebase(to);
    sum += other.sum, slope += other.slope, half_square += other.half_square;
    lost += other.lost, off += other.off, used += other.used;
    if (mean.empty())
      mean = std::move(other.mean);
    else
      for (std::size_t j = 0; j < other.mean.size(); ++j) mean[j] += other.mean[j];
    few.insert(few.end(), other.few.begin(), other.few.end());
    top.insert(top.end(), other.top.begin(), other.top.end());
  }
};

bool before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.point < b.point;
}
void keep_largest(std::vector<Candidate>& list, std::size_t most) {
  const std::size_t keep = std::min(most, list.size());
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(keep), list.end(), before);
  list.resize(keep);
}
/// Leaves those that may be among the `most` largest, if a logit may be off by `slack`; the least such logit.
double keep_possible(std::vector<Candidate>& list, std::size_t most, double slack) {
  if (list.size() < most) return kNothing;
  const auto last = list.begin() + static_cast<std::ptrdiff_t>(most - 1);
  std::nth_element(list.begin(), last, list.end(), before);
  const double least = last->logit - 2 * slack;
  std::erase_if(list, [&](const Candidate& c) { return c.logit < least; });
  return least;
}

/// work(w) on threads w = 0 ... threads-1.
template <class Work>
void crew(int threads, Work&& work) {
  std::vector<std::jthread> others;
  for (int w = 1; w < threads; ++w) others.emplace_back([&work, w] { work(w); });
  work(0);
}
/// work(i) for each i below `count`, by whoever is free.
template <class Work>
void share(int threads, std::size_t count, Work&& work) {
  std::atomic<std::size_t> next{0};
  crew(std::min<int>(threads, static_cast<int>(std::max<std::size_t>(count, 1))), [&](int) {
    for (std::size_t i; (i = next.fetch_add(1)) < count;) work(i);
  });
}

/// One pass over all members in integers.
class Pass {
 public:
  Pass(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries, std::size_t digits,
       const ScanOptions& options, Bounds* bounds, std::span<const std::size_t> bound_rows)
      : points_(points),
        members_(members),
        queries_(queries),
        options_(options),
        count_(members.empty() ? points.count : members.size()),
        digits_(digits),
        reach_(std::log(static_cast<double>(count_) * 4 / options.tolerance)),
        lanes_(round_up(queries.size(), kLanes)),
        panels_(round_up(digits * lanes_, kPanel) / kPanel),
        steps_(round_up(points.size, kStep) / kStep),
        kernel_(kernels::byte_kernel(options.way)),
        bounds_(bounds),
        bound_rows_(bound_rows),
        packed_(panels_ * steps_),
        groups_(lanes_ / kLanes),
        slack_(queries.size()),
        miss_(queries.size()),
        square_(lanes_),
        twice_(lanes_) {
    for (std::size_t q = 0; q < queries.size(); ++q) pack(q);
  }

  /// The largest error of a logit of query q.
  double slack(std::size_t q) const { return slack_[q]; }
  /// What the digits leave of its image, by rate: times a deviation of x, the deviation of its logits' errors.
  double miss(std::size_t q) const { return miss_[q]; }

  std::vector<Tally> run() {
    const std::size_t tiles = (count_ + kTile - 1) / kTile;
    const auto threads =
        static_cast<std::size_t>(std::clamp<std::int64_t>(options_.threads, 1, static_cast<std::int64_t>(tiles)));
    std::vector<std::vector<Tally>> parts(threads, std::vector<Tally>(queries_.size()));
    std::vector<std::jthread> others;  // not the caller's thread: a kernel may set a thread's registers for good
    for (std::size_t w = 0; w < threads; ++w)
      others.emplace_back([&, w] {
        kernel_.start();
        Worker worker(*this, parts[w]);
        for (std::size_t t = tiles * w / threads; t < tiles * (w + 1) / threads; ++t)
          worker.tile(t * kTile, std::min(kTile, count_ - t * kTile));
      });
    others.clear();  // joins
    for (std::size_t w = 1; w < threads; ++w)
      for (std::size_t q = 0; q < queries_.size(); ++q) parts[0][q].absorb(parts[w][q]);
    return std::move(parts[0]);
  }

 private:
  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }

  void pack(std::size_t q) {
    const double* y = queries_[q].y;
    const std::size_t size = points_.size;
    const double rate = 1 / (queries_[q].s * queries_[q].s);
    const auto [low, high] = std::minmax_element(y, y + size);
    const double units = std::exp2(8.0 * static_cast<double>(digits_)) - 1;
    const double unit = std::max(*high - *low, 1e-300) / units, least = *low;
    double left = 0, all = 0, square = 0;
    for (std::size_t j = 0; j < size; ++j) {
      const double u = std::nearbyint((y[j] - least) / unit), miss = y[j] - (least + unit * u);
      left += miss * miss, all += u, square += y[j] * y[j];
      const auto bits = static_cast<std::uint64_t>(u);
      for (std::size_t d = 0; d < digits_; ++d) {
        const std::size_t column = d * lanes_ + q, lane = column % kPanel;
        packed_[column / kPanel * steps_ + j / kStep]
            .value[lane / (kPanel / 2)][j % kStep / 4][lane % (kPanel / 2)][j % 4] =
            static_cast<std::uint8_t>(bits >> (8 * (digits_ - 1 - d)));
      }
    }
    Lanes& lanes = groups_[q / kLanes];
    const std::size_t lane = q % kLanes;
    for (std::size_t d = 0; d < digits_; ++d)
      lanes.place[d][lane] = rate * unit * std::exp2(8.0 * static_cast<double>(digits_ - 1 - d)) / 127.5;
    lanes.sum[lane] = rate * least / 127.5;
    lanes.bias[lane] = rate * (least * static_cast<double>(size) + unit * all) * 0.5 / 127.5;
    lanes.rate[lane] = rate;
    const double largest =
        std::max(std::abs(*low), std::abs(*high)) * static_cast<double>(size) + points_.longest * points_.longest;
    miss_[q] = rate * std::sqrt(left);
    slack_[q] = miss_[q] * points_.longest + rate * kRounding * largest;
    square_[q] = square * (1 - 1e-12) - 2 * slack_[q] / rate;
    twice_[q] = 2 / rate;
  }

  struct Worker {
    Worker(const Pass& pass, std::vector<Tally>& tallies)
        : p(pass),
          out(tallies),
          stride(kernels::point_stride(p.steps_)),
          panel(kPanel * stride),
          products(p.panels_),
          logit(p.lanes_ * kTile),
          sum(kTile),
          half_square(kTile),
          log_weight(kTile) {}

    void tile(std::size_t first, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t n = p.id(first + i);
        sum[i] = p.points_.sum[n], half_square[i] = p.points_.half_square[n];
        log_weight[i] = p.points_.log_weight.empty() ? 0 : p.points_.log_weight[n];
      }
      for (std::size_t at = 0; at < count; at += kPanel) multiply(first, at, std::min(kPanel, count - at));
      dense.clear();
      for (std::size_t g = 0; g < p.groups_.size(); ++g) look(g, first, count);
      if (!dense.empty()) average(first, count);
    }

    /// Logits of one panel of points for all queries.
    void multiply(std::size_t first, std::size_t at, std::size_t count) {
      constexpr std::size_t kMostPacked = std::size_t{1} << 15;
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* from = p.points_[p.id(first + at + i)];
        for (std::size_t j = 0; j < p.points_.size; j += kMostPacked)
          p.kernel_.pack(from + j, std::min(kMostPacked, p.points_.size - j), &panel[i * stride + j / kStep]);
      }
      for (std::size_t s = 0; s < p.steps_; s += kRun)
        for (std::size_t c = 0; c < p.panels_; ++c)
          p.kernel_.dots(&panel[s], stride, &p.packed_[c * p.steps_ + s], std::min(kRun, p.steps_ - s), s > 0,
                         products[c]);
      for (std::size_t g = 0; g < p.groups_.size(); ++g) {
        const std::int32_t* columns[kMostDigits] = {};
        for (std::size_t d = 0; d < p.digits_; ++d) {
          const std::size_t column = d * p.lanes_ + g * kLanes;
          columns[d] = &products[column / kPanel].value[0][column % kPanel];
        }
        logits(p.groups_[g], columns, p.digits_, &sum[at], &half_square[at], &log_weight[at], count,
               &logit[(g * kTile + at) * kLanes]);
      }
    }

    /// Adds a tile to the sums of 16 queries, and its points of weight to their lists if they are few.
    void look(std::size_t g, std::size_t first, std::size_t count) {
      double* l = &logit[g * kTile * kLanes];
      const std::size_t rows = std::min(kLanes, p.queries_.size() - g * kLanes);
      if (p.bounds_) bound(g, first, count, rows);
      double most[kLanes], cut[kLanes], above[kLanes];
      find_most(l, count, most);
      std::copy_n(most, kLanes, cut);
      for (std::size_t q = 0; q < rows; ++q)
        cut[q] = std::max(out[g * kLanes + q].most, most[q]) - p.reach_ - 2 * p.slack_[g * kLanes + q];
      count_above(l, count, cut, above);
      list(g, l, first, count, rows, cut, above);
      Sums s;
      weigh(l, count, half_square.data(), most, cut, s);
      for (std::size_t q = 0; q < rows; ++q) {
        Tally& t = out[g * kLanes + q];
        t.rebase(most[q]);
        const double shift = most[q] - t.most, scale = std::exp(shift);
        t.sum += s.sum[q] * scale, t.slope += (s.slope[q] + s.sum[q] * shift) * scale, t.lost += s.lost[q] * scale;
        if (above[q] <= kFew) continue;
        const bool enough = static_cast<double>(count) / kUnits[0] < p.options_.tolerance * s.sum[q];
        dense.push_back({g * kLanes + q, most[q], enough ? std::size_t{3} : std::size_t{4}});
        t.half_square += s.half_square[q] * scale;
      }
    }

    /// Notes the points that may be among the largest weights, and all above `cut` where they are few.
    void list(std::size_t g, const double* l, std::size_t first, std::size_t count, std::size_t rows, const double* cut,
              const double* above) {
      constexpr double kNone = std::numeric_limits<double>::infinity();
      const auto room_for = [&](const Tally& t) { return 2 * t.top.size() + 4 * p.options_.top + 16; };
      double few[kLanes], top[kLanes], least[kLanes];
      std::size_t room[kLanes];
      std::fill(std::begin(least), std::end(least), kNone);
      for (std::size_t q = 0; q < rows; ++q) {
        Tally& t = out[g * kLanes + q];
        few[q] = above[q] <= kFew ? cut[q] : kNone;
        top[q] = keep_possible(t.top, p.options_.top, p.slack_[g * kLanes + q]);
        room[q] = room_for(t);
        least[q] = std::min(few[q], top[q]);
      }
      for (std::size_t i = 0; i < count; ++i) {
        const double* here = l + i * kLanes;
        if (!any_above(here, least)) continue;
        for (std::size_t q = 0; q < rows; ++q) {
          if (!(here[q] >= least[q])) continue;
          Tally& t = out[g * kLanes + q];
          if (here[q] >= few[q]) t.few.push_back({first + i, here[q]});
          if (!(here[q] >= top[q])) continue;
          t.top.push_back({first + i, here[q]});
          if (t.top.size() < room[q]) continue;
          top[q] = keep_possible(t.top, p.options_.top, p.slack_[g * kLanes + q]);
          least[q] = std::min(few[q], top[q]);
          room[q] = room_for(t);
        }
      }
      for (std::size_t q = 0; q < rows; ++q)
        if (std::vector<Candidate>& all = out[g * kLanes + q].few; all.size() > 4 * kFew)
          std::erase_if(all, [&](const Candidate& c) { return c.logit < cut[q]; });
    }

    /// Notes lower bounds on this tile's distances.
    void bound(std::size_t g, std::size_t first, std::size_t count, std::size_t rows) {
      double moved[kLanes] = {};
      for (std::size_t q = 0; q < rows; ++q) moved[q] = p.bounds_->moved[p.bound_rows_[g * kLanes + q]];
      distances.resize(kTile * kLanes);
      bound_distances(&logit[g * kTile * kLanes], count, log_weight.data(), &p.square_[g * kLanes],
                      &p.twice_[g * kLanes], moved, distances.data());
      const auto place = [&](std::size_t q) {
        const std::size_t row = p.bound_rows_[g * kLanes + q];
        return &p.bounds_->distance[(row / kLanes * p.bounds_->count + first) * kLanes + row % kLanes];
      };
      if (rows == kLanes && p.bound_rows_[g * kLanes] % kLanes == 0 && place(rows - 1) == place(0) + rows - 1) {
        std::copy_n(distances.data(), count * kLanes, place(0));
        return;
      }
      for (std::size_t q = 0; q < rows; ++q)
        for (std::size_t i = 0; i < count; ++i) place(q)[i * kLanes] = distances[i * kLanes + q];
    }

    /// Adds the dense queries' share of this tile to their means.
    void average(std::size_t first, std::size_t count) {
      std::size_t rows = 0;
      for (Dense& d : dense) d.first = rows, rows += d.digits;
      const std::size_t blocks = round_up(rows, kPanel) / kPanel;
      const std::size_t steps = round_up(count, kStep) / kStep, stride = kernels::point_stride(kTile / kStep);
      weights.resize(blocks * kPanel * stride);
      scales.resize(rows);
      for (std::size_t i = 0; i < dense.size();) {
        const std::size_t g = dense[i].row / kLanes;
        double off[kLanes] = {}, used[kLanes] = {}, unit[kLanes];
        std::fill(std::begin(unit), std::end(unit), 1.0);
        std::size_t end = i;
        for (; end < dense.size() && dense[end].row / kLanes == g; ++end)
          unit[dense[end].row % kLanes] = kUnits[dense[end].digits - 3];
        for (std::size_t s = 0; s < steps; ++s) {
          const std::size_t points = std::min(kStep, count - s * kStep);
          alignas(64) std::int32_t units[kLanes][kStep] = {};
          units_of(&logit[(g * kTile + s * kStep) * kLanes], points, unit, units, off, used);
          for (std::size_t k = i; k < end; ++k)
            for (std::size_t d = 0; d < dense[k].digits; ++d)
              digit_of(units[dense[k].row % kLanes], static_cast<int>(8 * (dense[k].digits - 1 - d)), d == 0,
                       weights[(dense[k].first + d) * stride + s].value);
        }
        for (; i < end; ++i) {
          const Dense& d = dense[i];
          Tally& t = out[d.row];
          const double scale = std::exp(d.most - t.most);
          t.off += scale * off[d.row % kLanes], t.used += scale * used[d.row % kLanes];
          if (t.mean.empty()) t.mean.assign(p.points_.size, 0);
          for (std::size_t k = 0; k < d.digits; ++k)
            scales[d.first + k] = scale / unit[d.row % kLanes] * std::exp2(8.0 * static_cast<double>(d.digits - 1 - k));
        }
      }
      images.resize(count);
      for (std::size_t i = 0; i < count; ++i) images[i] = p.points_[p.id(first + i)];
      block.resize(kWide * kRun);
      sums.resize(kWide * blocks);
      for (std::size_t j = 0; j < p.points_.size; j += kWide * kPanel) {
        const std::size_t wide = std::min(kWide, round_up(p.points_.size - j, kPanel) / kPanel);
        const auto values = [&](std::size_t w) { return std::min(kPanel, p.points_.size - j - w * kPanel); };
        for (std::size_t s = 0; s < steps; s += kRun) {
          const std::size_t run = std::min(kRun, steps - s);
          for (std::size_t r = s; r < s + run; ++r)
            for (std::size_t w = 0; w < wide; ++w)
              interleave(&images[r * kStep], std::min(kStep, count - r * kStep), j + w * kPanel, values(w),
                         block[w * kRun + r - s]);
          for (std::size_t w = 0; w < wide; ++w)
            for (std::size_t b = 0; b < blocks; ++b)
              p.kernel_.dots(&weights[b * kPanel * stride + s], stride, &block[w * kRun], run, s > 0,
                             sums[w * blocks + b]);
        }
        for (const Dense& d : dense)
          for (std::size_t w = 0; w < wide; ++w)
            for (std::size_t k = d.first; k < d.first + d.digits; ++k)
              add_products(&out[d.row].mean[j + w * kPanel], scales[k],
                           sums[w * blocks + k / kPanel].value[k % kPanel], values(w));
      }
    }

    struct Dense {
      std::size_t row;
      double most;
      std::size_t digits;     // of its weights
      std::size_t first = 0;  // of them, among all
    };
    const Pass& p;
    std::vector<Tally>& out;
    std::size_t stride;
    std::vector<PointStep> panel, weights;
    std::vector<DotTile> products, sums;
    std::vector<double> logit;  // [lanes/16][kTile][16]
    std::vector<double> sum, half_square, log_weight, scales;
    std::vector<float> distances;
    std::vector<QueryStep> block;
    std::vector<Dense> dense;
    std::vector<const std::uint8_t*> images;
  };

  const Points& points_;
  std::span<const std::int64_t> members_;
  std::span<const Query> queries_;
  const ScanOptions& options_;
  std::size_t count_, digits_;
  double reach_;  // logits that far below the largest one do not count
  std::size_t lanes_, panels_, steps_;
  kernels::ByteKernel kernel_;
  Bounds* bounds_;
  std::span<const std::size_t> bound_rows_;
  std::vector<QueryStep> packed_;  // [panels][steps]
  std::vector<Lanes> groups_;
  std::vector<double> slack_, miss_, square_, twice_;
};

/// In float64: some points' part of the answer to one query.
class Exact {
 public:
  Exact(const Points& points, std::span<const std::int64_t> members, const Query& query, std::size_t top)
      : points_(points), members_(members), query_(query), top_(top), mean_(points.size) {}

  /// Adds points, given by their places among the members, each once.  distance(place, d) sees each distance.
  template <class See>
  void add(std::span<const std::size_t> places, See&& see) {
    const double rate = -0.5 / (query_.s * query_.s);
    std::vector<Candidate> list;
    list.reserve(places.size());
    for (const std::size_t place : places) {
      const std::size_t n = id(place);
      const double squared = squared_distance(query_.y, points_[n], points_.size);
      see(place, squared);
      list.push_back({place, rate * squared + (points_.log_weight.empty() ? 0 : points_.log_weight[n])});
    }
    double most = most_;
    for (const Candidate& c : list) most = std::max(most, c.logit);
    const double shift = most_ - most, scale = sum_ > 0 ? std::exp(shift) : 0;
    slope_ = sum_ > 0 ? (slope_ + sum_ * shift) * scale : 0, sum_ *= scale, most_ = most;
    for (double& x : mean_) x *= scale;
    for (const Candidate& c : list) {
      const double x = c.logit - most, e = std::exp(x);
      if (!(e > 0)) continue;
      sum_ += e, slope_ += e * x;
      if (e <= kTiny) continue;
      add_image(mean_.data(), e, points_[id(c.point)], points_.size);
      heavy_.push_back(c);
    }
    best_.insert(best_.end(), list.begin(), list.end());
    keep_largest(best_, top_);
  }

  /// The mean and everything that it takes; `outside`: points that were not added, none with a logit within `reach` of
  /// the largest.
  void finish(Answer& a, double outside, double reach) const {
    for (std::size_t j = 0; j < mean_.size(); ++j) a.mean[j] = mean_[j] / sum_;
    a.log_sum = most_ + std::log(sum_);
    a.entropy = std::max(0.0, std::log(sum_) - slope_ / sum_);
    a.max_weight = 1 / sum_;
    const double rest = outside * std::exp(-reach) / sum_;
    a.error = rest / (1 + rest);
    a.top.clear(), a.top_weight.clear();
    for (std::size_t i = 0; i < std::min(top_, best_.size()); ++i) {
      a.top.push_back(static_cast<std::int64_t>(id(best_[i].point)));
      a.top_weight.push_back(std::exp(best_[i].logit - most_) / sum_);
    }
  }
  /// Whether all of the largest weights are within `reach` of the largest.
  bool reaches(double reach) const { return best_.empty() || best_.back().logit >= best_.front().logit - reach; }
  /// Σ w |x - mean|^2.
  double spread(const double* mean) const {
    double sum = 0;
    for (const Candidate& c : heavy_)
      sum += std::exp(c.logit - most_) * squared_distance(mean, points_[id(c.point)], points_.size);
    return sum / sum_;
  }

 private:
  static constexpr double kTiny = 1e-22;
  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }

  const Points& points_;
  std::span<const std::int64_t> members_;
  const Query& query_;
  std::size_t top_;
  double most_ = kNothing, sum_ = 0, slope_ = 0;
  std::vector<double> mean_;
  std::vector<Candidate> best_, heavy_;
};

/// The scan of one batch.
class Scan {
 public:
  Scan(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries,
       std::span<Answer> answers, const ScanOptions& options, Bounds* bounds)
      : points_(points),
        members_(members),
        queries_(queries),
        answers_(answers),
        options_(options),
        bounds_(bounds),
        count_(members.empty() ? points.count : members.size()),
        reach_(options.tolerance > 0 ? std::log(static_cast<double>(count_) * 4 / options.tolerance) : 0) {}

  void run() {
    std::vector<std::size_t> rows(queries_.size());
    std::iota(rows.begin(), rows.end(), 0);
    if (options_.tolerance > 0) {
      if (bounds_) rows = near_points(rows);
      rows = pass(rows, digits_for(rows));
      if (!rows.empty()) rows = pass(rows, kMostDigits);
    }
    share(options_.threads, rows.size(), [&](std::size_t i) { direct(rows[i]); });
  }

 private:
  /// Answers the rows whose near points are known to be few; the others are left.
  std::vector<std::size_t> near_points(const std::vector<std::size_t>& rows) {
    Bounds& b = *bounds_;
    if (b.rows != queries_.size() || b.count != count_ || b.last.size() != b.rows * points_.size) {
      b.rows = queries_.size(), b.count = count_;
      b.distance.assign(round_up(b.rows, kLanes) * count_, 0);
      b.moved.assign(b.rows, 0), b.near.assign(b.rows, 0), b.last.resize(b.rows * points_.size);
      for (const std::size_t q : rows) remember(q);
      return rows;
    }
    const std::size_t most = count_ / kWorthwhile;
    std::vector<char> left(queries_.size(), 0);
    share(options_.threads, round_up(b.rows, kLanes) / kLanes, [&](std::size_t g) {
      float limit[kLanes];
      std::fill(std::begin(limit), std::end(limit), -1.0f);
      const std::size_t here = std::min(kLanes, b.rows - g * kLanes);
      for (std::size_t lane = 0; lane < here; ++lane) {
        const std::size_t q = g * kLanes + lane;
        double step = 0;
        for (std::size_t j = 0; j < points_.size; ++j) {
          const double e = queries_[q].y[j] - b.last[q * points_.size + j];
          step += e * e;
        }
        b.moved[q] += std::sqrt(step) * (1 + 1e-12);
        remember(q);
        const double near = squared_distance(queries_[q].y, points_[b.near[q]], points_.size);
        limit[lane] = static_cast<float>((std::sqrt(near + 2 * queries_[q].s * queries_[q].s * reach_) + b.moved[q]) *
                                         (1 + 1e-6));
      }
      std::vector<std::size_t> lists[kLanes];
      const float* d = &b.distance[g * count_ * kLanes];
      for (std::size_t n = 0; n < count_; ++n, d += kLanes) {
        if (!any_below(d, limit)) continue;
        for (std::size_t lane = 0; lane < here; ++lane)
          if (d[lane] <= limit[lane]) {
            lists[lane].push_back(n);
            if (lists[lane].size() > most) limit[lane] = -1;
          }
      }
      for (std::size_t lane = 0; lane < here; ++lane) {
        const std::size_t q = g * kLanes + lane;
        if (lists[lane].size() > most)
          left[q] = 1;
        else
          left[q] = !few(q, lists[lane]);
      }
    });
    std::vector<std::size_t> rest;
    for (const std::size_t q : rows)
      if (left[q]) rest.push_back(q);
    return rest;
  }
  void remember(std::size_t q) { std::copy_n(queries_[q].y, points_.size, &bounds_->last[q * points_.size]); }
  DIFFMEM_CLONES static bool any_below(const float* d, const float* limit) {
    int any = 0;
    for (std::size_t q = 0; q < kLanes; ++q) any |= d[q] <= limit[q];
    return any != 0;
  }

  /// Digits enough for every row's logits, should many of its points carry weight.
  std::size_t digits_for(const std::vector<std::size_t>& rows) const {
    std::size_t digits = 1;
    for (const std::size_t q : rows) {
      const auto [low, high] = std::minmax_element(queries_[q].y, queries_[q].y + points_.size);
      const double miss = (*high - *low) * std::sqrt(static_cast<double>(points_.size) / 12) * points_.radius /
                          (2 * queries_[q].s * queries_[q].s);
      while (digits < kMostDigits && miss / std::exp2(8.0 * static_cast<double>(digits)) > options_.tolerance / 2)
        ++digits;
    }
    return digits;
  }

  /// One pass for some rows; those whose error is above the tolerance are left.
  std::vector<std::size_t> pass(const std::vector<std::size_t>& rows, std::size_t digits) {
    if (rows.empty()) return {};
    std::vector<Query> some;
    for (const std::size_t q : rows) some.push_back(queries_[q]);
    Pass pass(points_, members_, some, digits, options_, bounds_, rows);
    std::vector<Tally> tallies = pass.run();
    std::vector<char> left(rows.size(), 0);
    share(options_.threads, rows.size(), [&](std::size_t i) {
      Tally& t = tallies[i];
      const double least = t.most - reach_ - 2 * pass.slack(i);
      std::erase_if(t.few, [&](const Candidate& c) { return c.logit < least; });
      if (t.mean.empty()) {
        std::vector<std::size_t> places;
        for (const Candidate& c : t.few) places.push_back(c.point);
        keep_possible(t.top, options_.top, pass.slack(i));
        for (const Candidate& c : t.top) places.push_back(c.point);
        std::sort(places.begin(), places.end());
        places.erase(std::unique(places.begin(), places.end()), places.end());
        few(rows[i], places);
      } else {
        many(rows[i], t, pass.slack(i), pass.miss(i));
        left[i] = answers_[rows[i]].error > options_.tolerance;
      }
    });
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (left[i]) rest.push_back(rows[i]);
    return rest;
  }

  /// The answer where only `places` can carry weight; false if the largest weights may not all be among them.
  bool few(std::size_t q, std::span<const std::size_t> places) {
    Exact exact(points_, members_, queries_[q], options_.top);
    float* kept = bounds_ ? &bounds_->distance[(q / kLanes * count_) * kLanes + q % kLanes] : nullptr;
    exact.add(places, [&](std::size_t place, double squared) {
      if (kept) kept[place * kLanes] = static_cast<float>((std::sqrt(squared) + bounds_->moved[q]) * (1 - 1e-6));
    });
    exact.finish(answers_[q], static_cast<double>(count_ - places.size()), reach_);
    answers_[q].spread = exact.spread(answers_[q].mean);
    if (bounds_) bounds_->near[q] = static_cast<std::size_t>(answers_[q].top[0]);
    return answers_[q].top.size() == options_.top && exact.reaches(reach_);
  }

  /// The answer where a pass has summed weights.
  void many(std::size_t q, Tally& t, double slack, double miss) {
    Answer& a = answers_[q];
    const std::size_t size = points_.size;
    for (const Candidate& c : t.few) {
      const double e = std::exp(c.logit - t.most);
      const std::uint8_t* v = points_[id(c.point)];
      for (std::size_t j = 0; j < size; ++j) t.mean[j] += e * v[j];
      t.used += e, t.half_square += e * points_.half_square[id(c.point)];
    }
    double square = 0, length = 0;
    for (std::size_t j = 0; j < size; ++j) {
      a.mean[j] = t.mean[j] / t.used / 127.5 - 1;
      square += a.mean[j] * a.mean[j], length += queries_[q].y[j] * queries_[q].y[j];
    }
    const double rate = 0.5 / (queries_[q].s * queries_[q].s);
    a.log_sum = t.most + std::log(t.sum) - rate * length;
    a.entropy = std::max(0.0, std::log(t.sum) - t.slope / t.sum);
    a.max_weight = 1 / t.sum;
    a.spread = std::max(0.0, 2 * t.half_square / t.sum - square);
    // The logits are off by (y - digits).x / s^2 and a constant: over the weights their deviation is at most
    // |y - digits| sqrt(spread) / s^2, and the weights' total variation half that, up to the slack's square.
    const double rounding = slack - miss * points_.longest;
    a.error = std::min(slack, 0.5 * miss * std::sqrt(a.spread) * (1 + 4 * slack) + slack * slack + rounding) +
              (t.lost + t.off) / t.sum;

    // The order of the largest weights, in float64.
    std::vector<Candidate> best = t.top;
    keep_possible(best, options_.top, slack);
    for (Candidate& c : best) {
      const std::size_t n = id(c.point);
      c.logit = -rate * squared_distance(queries_[q].y, points_[n], size) +
                (points_.log_weight.empty() ? 0 : points_.log_weight[n]);
    }
    keep_largest(best, options_.top);
    a.top.clear(), a.top_weight.clear();
    for (const Candidate& c : best) {
      a.top.push_back(static_cast<std::int64_t>(id(c.point)));
      a.top_weight.push_back(std::exp(c.logit - a.log_sum));
    }
    if (bounds_) bounds_->near[q] = static_cast<std::size_t>(a.top[0]);
  }

  /// Every point in float64.
  void direct(std::size_t q) {
    Exact exact(points_, members_, queries_[q], options_.top);
    std::vector<std::size_t> places(kTile);
    for (std::size_t first = 0; first < count_; first += kTile) {
      places.resize(std::min(kTile, count_ - first));
      std::iota(places.begin(), places.end(), first);
      exact.add(places, [](std::size_t, double) {});
    }
    exact.finish(answers_[q], 0, 0);
    answers_[q].spread = exact.spread(answers_[q].mean);
  }

  std::size_t id(std::size_t place) const {
    return members_.empty() ? place : static_cast<std::size_t>(members_[place]);
  }

  static constexpr std::size_t kWorthwhile = 16;  // a share of the points from which on a pass is the quicker way
  const Points& points_;
  std::span<const std::int64_t> members_;
  std::span<const Query> queries_;
  std::span<Answer> answers_;
  const ScanOptions& options_;
  Bounds* bounds_;
  std::size_t count_;
  double reach_;
};

}  // namespace

Points::Points(const std::uint8_t* values_, std::size_t count_, std::size_t size_, std::span<const double> weights,
               int threads)
    : values(values_), count(count_), size(size_), sum(count_), half_square(count_) {
  share(threads, (count + kTile - 1) / kTile, [&](std::size_t tile) {
    for (std::size_t n = tile * kTile; n < std::min(count, (tile + 1) * kTile); ++n) {
      std::int64_t ones = 0, squares = 0;
      for (std::size_t j = 0; j < size; ++j) {
        const std::int32_t v = values[n * size + j];
        ones += v, squares += v * v;
      }
      // |x|^2 = sum (v - 127.5)^2 / 127.5^2, in whole numbers up to the division.
      const auto d = static_cast<std::int64_t>(size);
      sum[n] = static_cast<std::int32_t>(ones - 128 * d);
      half_square[n] = static_cast<double>(4 * squares - 4 * 255 * ones + 255 * 255 * d) / (2.0 * 255 * 255);
    }
  });
  double squares = 0;
  for (const double h : half_square) longest = std::max(longest, std::sqrt(2 * h)), squares += 2 * h;
  radius = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(count, 1)));
  for (const double w : weights) log_weight.push_back(std::log(w));
}

void scan(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries,
          std::span<Answer> answers, const ScanOptions& options, Bounds* bounds) {
  Scan(points, members, queries, answers, options, bounds).run();
}
}  // namespace diffmem::detail
