// SPDX-License-Identifier: MIT
// The logit of image x for the query y is -|y - x|^2 / 2 s^2 = (y.x - |x|^2/2) / s^2 + a constant.  y becomes a few
// 8-bit digits, so that y.x is a sum of inner products of bytes, exact but for what the digits leave of y, and that is
// bounded: |(y - digits).x| <= |y - digits| |x|.  What earlier digits already say of y, with the products known from
// then, is taken off first: y = sum a_h known_h + rest, and only the rest needs digits, fewer as it is small.  Where many
// images carry weight, their weights become digits, too, and the mean is products of bytes once more.
#include <diffmem/core/crew.hpp>
#include <diffmem/core/round_up.hpp>
#include <diffmem/optimum/detail/pass.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffmem::detail {
namespace {

constexpr std::size_t kTile = 2048;        // points whose logits are kept
constexpr std::size_t kExactSteps = 1024;  // whose products fit into 32 bits
constexpr std::size_t kRun = 8;            // steps of a panel of points that stay in the first cache meanwhile
constexpr std::size_t kWide = 8;           // panels of values interleaved at once: whole lines of a cache are read
constexpr std::size_t kFew = 48;           // of a tile: more points of weight than these are summed by products
constexpr double kUnits[] = {0, 127, 127 * 256.0, 127 * 65536.0, 127 * 16777216.0};  // of the largest weight, by digits
constexpr double kDigitsShare = 0.5;   // of the tolerance, for what digits leave of the queries
constexpr double kUnitsShare = 0.375;  // and for what they leave of the weights
constexpr double kMostSlack = 0.25;    // of a logit: a list of near points stays short
constexpr double kRounding = 0x1p-49;  // of a logit in float64, relative to its largest term

}  // namespace

Pass::Pass(const Points& points, std::span<const std::int64_t> members, std::span<const Query> queries,
           std::size_t digits, const ScanOptions& options, Bounds* bounds, std::span<const std::size_t> bound_rows)
    : points_(points),
      members_(members),
      queries_(queries),
      options_(options),
      count_(members.empty() ? points.count : members.size()),
      digits_(digits),
      reach_(std::log(static_cast<double>(count_) * 16 / options.tolerance)),
      lanes_(round_up(queries.size(), kLanes)),
      steps_(round_up(points.size, kStep) / kStep),
      kernel_(kernels::byte_kernel(options.way)),
      bounds_(bounds),
      bound_rows_(bound_rows),
      shares_(lanes_ * kMostKnown),
      left_(queries.size() * points.size),
      groups_(lanes_ / kLanes),
      slack_(queries.size()),
      miss_(queries.size()),
      square_(lanes_),
      twice_(lanes_) {
  share(options.threads, queries.size(), [this](std::size_t q) { fit(q); });
  for (std::size_t q = 0; q < queries.size(); ++q) digits_ = std::max(digits_, digits_for(q));
  panels_ = round_up(digits_ * lanes_, kPanel) / kPanel;
  packed_.resize(panels_ * steps_);
  make_room();
  share(options.threads, queries.size(), [this](std::size_t q) { pack(q); });
}

/// A thread's memory and work.
struct Pass::Worker {
  Worker(const Pass& pass, std::vector<Tally>& tallies)
      : p(pass),
        out(tallies),
        stride(kernels::point_stride(p.steps_)),
        panel(kPanel * stride),
        products(p.panels_),
        rest(kPanel * kLanes),
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
    for (std::size_t whole = 0; whole < p.steps_; whole += kExactSteps) {
      const std::size_t end = std::min(p.steps_, whole + kExactSteps);
      for (std::size_t s = whole; s < end; s += kRun)
        for (std::size_t c = 0; c < p.panels_; ++c)
          p.kernel_.dots(&panel[s], stride, &p.packed_[c * p.steps_ + s], std::min(kRun, end - s), s > whole,
                         products[c]);
      for (std::size_t g = 0; g < p.groups_.size(); ++g) {
        const std::int32_t* columns[kMostDigits] = {};
        for (std::size_t d = 0; d < p.digits_; ++d) {
          const std::size_t column = d * p.lanes_ + g * kLanes;
          columns[d] = &products[column / kPanel].value[0][column % kPanel];
        }
        join_digits(p.groups_[g], columns, p.digits_, &sum[at], count, whole > 0, &logit[(g * kTile + at) * kLanes]);
      }
    }
    for (std::size_t g = 0; g < p.groups_.size(); ++g) {
      double* l = &logit[(g * kTile + at) * kLanes];
      if (p.bounds_) add_known(g, first + at, count, l);
      logits(p.groups_[g].rate, &half_square[at], &log_weight[at], count, l);
    }
  }

  /// Adds the known images' products to those of the rest, and makes these known, too.
  void add_known(std::size_t g, std::size_t first, std::size_t count, double* to) {
    std::copy_n(to, count * kLanes, rest.data());
    for (std::size_t h = 0; h < p.bounds_->known.size(); ++h) {
      const double* share = &p.shares_[(g * kMostKnown + h) * kLanes];
      if (std::all_of(share, share + kLanes, [](double a) { return a == 0; })) continue;
      if (Places at(p, g, first, p.bounds_->known[h].product); at.together) {
        add_shares(share, at.row[0], count, to);
      } else {
        for (std::size_t q = 0; q < at.rows; ++q)
          for (std::size_t i = 0; i < count; ++i) to[i * kLanes + q] += share[q] * at.row[q][i * kLanes];
      }
    }
    if (p.made_) Places(p, g, first, p.made_->product).put(rest.data(), count);
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
    weigh(l, count, half_square.data(), most, s);
    for (std::size_t q = 0; q < rows; ++q) {
      Tally& t = out[g * kLanes + q];
      t.rebase(most[q]);
      const double shift = most[q] - t.most, scale = std::exp(shift);
      t.sum += s.sum[q] * scale, t.slope += (s.slope[q] + s.sum[q] * shift) * scale;
      if (above[q] > kFew) t.half_square += s.half_square[q] * scale;
    }
    to_digits(g, l, first, count, rows, most, above, s.sum);
  }

  /// Chooses the digits of the weights of 16 queries, and lists the few weights that are too large for them.
  void to_digits(std::size_t g, double* w, std::size_t first, std::size_t count, std::size_t rows, const double* most,
                 const double* above, const double* sum) {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    double limit[kLanes], large[kLanes];
    std::size_t digits[kLanes];
    std::fill(std::begin(limit), std::end(limit), kNone);
    std::fill(std::begin(digits), std::end(digits), kMostDigits);
    for (const std::size_t few : {std::size_t{3}, std::size_t{2}}) {
      double next[kLanes];  // rounding gives or takes a quarter of a unit, of which the total variation is half
      for (std::size_t q = 0; q < kLanes; ++q)
        next[q] = 8 * kUnitsShare * p.options_.tolerance * sum[q] / static_cast<double>(count) * kUnits[few];
      count_above(w, count, next, large);
      for (std::size_t q = 0; q < rows; ++q)
        if (large[q] <= kFew) digits[q] = few, limit[q] = next[q];
    }
    for (std::size_t q = 0; q < rows; ++q) {
      if (above[q] > kFew)
        dense.push_back({g * kLanes + q, most[q], digits[q], kUnits[digits[q]] / std::min(limit[q], 1.0)});
      else
        limit[q] = kNone;
    }
    for (std::size_t i = 0; i < count; ++i) {
      double* here = w + i * kLanes;
      if (!any_above(here, limit)) continue;
      for (std::size_t q = 0; q < rows; ++q) {
        if (!(here[q] >= limit[q])) continue;
        Tally& t = out[g * kLanes + q];
        t.few.push_back({first + i, most[q] + std::log(here[q])});
        t.half_square -= here[q] * std::exp(most[q] - t.most) * half_square[i];
        here[q] = 0;
      }
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
    bound_distances(&logit[g * kTile * kLanes], count, log_weight.data(), &p.square_[g * kLanes], &p.twice_[g * kLanes],
                    moved, distances.data());
    Places(p, g, first, p.bounds_->distance).put(distances.data(), count);
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
      for (; end < dense.size() && dense[end].row / kLanes == g; ++end) unit[dense[end].row % kLanes] = dense[end].unit;
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
            add_products(&out[d.row].mean[j + w * kPanel], scales[k], sums[w * blocks + k / kPanel].value[k % kPanel],
                         values(w));
    }
  }

  /// Where the numbers of a group's queries about the points from `first` on stand in one of `bounds`' [rows/16][count][16].
  template <class T>
  struct Places {
    Places(const Pass& p, std::size_t g, std::size_t first, std::vector<T>& in)
        : rows(std::min(kLanes, p.queries_.size() - g * kLanes)) {
      for (std::size_t q = 0; q < rows; ++q) {
        const std::size_t at = p.bound_rows_[g * kLanes + q];
        row[q] = &in[(at / kLanes * p.bounds_->count + first) * kLanes + at % kLanes];
      }
      together = rows == kLanes && p.bound_rows_[g * kLanes] % kLanes == 0 && row[rows - 1] == row[0] + rows - 1;
    }
    void put(const T* from, std::size_t count) {
      if (together)
        std::copy_n(from, count * kLanes, row[0]);
      else
        for (std::size_t q = 0; q < rows; ++q)
          for (std::size_t i = 0; i < count; ++i) row[q][i * kLanes] = from[i * kLanes + q];
    }
    std::size_t rows;
    bool together;  // as the group's own
    T* row[kLanes];
  };

  struct Dense {
    std::size_t row;
    double most;
    std::size_t digits;     // of its weights
    double unit;            // of them, in a weight of 1
    std::size_t first = 0;  // of them, among all
  };
  const Pass& p;
  std::vector<Tally>& out;
  std::size_t stride;
  std::vector<PointStep> panel, weights;
  std::vector<DotTile> products, sums;
  std::vector<double> rest;   // [kPanel][16], products of what known images leave
  std::vector<double> logit;  // [lanes/16][kTile][16]
  std::vector<double> sum, half_square, log_weight, scales;
  std::vector<float> distances;
  std::vector<QueryStep> block;
  std::vector<Dense> dense;
  std::vector<const std::uint8_t*> images;
};

std::vector<Tally> Pass::run() {
  const std::size_t tiles = divide_up(count_, kTile);
  const auto threads =
      static_cast<std::size_t>(std::clamp<std::int64_t>(options_.threads, 1, static_cast<std::int64_t>(tiles)));
  std::vector<std::vector<Tally>> parts(threads, std::vector<Tally>(queries_.size()));
  crew(threads, [&](std::size_t w) {
    const kernels::ByteKernel::Use use(kernel_);
    Worker worker(*this, parts[w]);
    for (std::size_t t = tiles * w / threads; t < tiles * (w + 1) / threads; ++t)
      worker.tile(t * kTile, std::min(kTile, count_ - t * kTile));
  });
  for (std::size_t w = 1; w < threads; ++w)
    for (std::size_t q = 0; q < queries_.size(); ++q) parts[0][q].absorb(parts[w][q]);
  return std::move(parts[0]);
}

double Pass::miss_along(std::size_t q, const double* x) const {
  double sum = 0;
  for (std::size_t j = 0; j < points_.size; ++j) sum += left_[q * points_.size + j] * x[j];
  return sum / (queries_[q].s * queries_[q].s);
}

/// Takes the known images off a query, as far as they go.
void Pass::fit(std::size_t q) {
  const std::size_t size = points_.size, known = bounds_ ? bounds_->known.size() : 0;
  double* left = &left_[q * size];
  std::copy_n(queries_[q].y, size, left);
  // Each was the rest of its time, so they are nearly at right angles.
  for (int sweep = 0; sweep < 2; ++sweep)
    for (std::size_t h = 0; h < known; ++h) {
      const Known& k = bounds_->known[h];
      if (!(k.square[bound_rows_[q]] > 0)) continue;
      const double* image = &k.image[bound_rows_[q] * size];
      double along = 0;
      for (std::size_t j = 0; j < size; ++j) along += left[j] * image[j];
      const double share = along / k.square[bound_rows_[q]];
      for (std::size_t j = 0; j < size; ++j) left[j] -= share * image[j];
      share_of(q, h) += share;
    }
}

/// Digits enough for the logits of query q, if its weights' spread is what it was, and for a list of its near points.
std::size_t Pass::digits_for(std::size_t q) const {
  const double* left = &left_[q * points_.size];
  const auto [low, high] = std::minmax_element(left, left + points_.size);
  const double rate = 1 / (queries_[q].s * queries_[q].s);
  const double spread = bounds_ ? bounds_->spread_at(bound_rows_[q], queries_[q].s) : points_.radius * points_.radius;
  double miss = (*high - *low) * std::sqrt(static_cast<double>(points_.size) / 12) * rate;
  for (std::size_t digits = 1;; ++digits) {
    miss /= 256;
    if (digits == kMostDigits || (0.5 * miss * std::sqrt(spread) <= kDigitsShare * options_.tolerance &&
                                  miss * points_.longest <= kMostSlack))
      return digits;
  }
}

/// Finds a place for one more known image: where no more may be kept, that of the one these queries have the least of.
void Pass::make_room() {
  if (!bounds_ || bounds_->known_most == 0) return;
  std::vector<Known>& known = bounds_->known;
  if (known.size() < bounds_->known_most) {
    made_ = &known.emplace_back();
    made_->image.resize(bounds_->rows * points_.size), made_->product.resize(bounds_->distance.size());
    made_->square.resize(bounds_->rows), made_->most.resize(bounds_->rows);
  } else {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t h = 0; h < known.size(); ++h) {
      double most = 0;
      for (std::size_t q = 0; q < queries_.size(); ++q)
        most = std::max(most, std::abs(share_of(q, h)) * std::sqrt(known[h].square[bound_rows_[q]]));
      if (most < least) least = most, made_ = &known[h];
    }
  }
}

/// Turns what is left of a query into digits.
void Pass::pack(std::size_t q) {
  const std::size_t size = points_.size;
  double* y = &left_[q * size];
  const double rate = 1 / (queries_[q].s * queries_[q].s);
  const auto [low, high] = std::minmax_element(y, y + size);
  // A value is least + unit * u + what is left, u a whole number.
  const double least = *low,
               unit = std::max(*high - *low, 1e-300) / (std::exp2(8.0 * static_cast<double>(digits_)) - 1);
  Lanes& lanes = groups_[q / kLanes];
  const std::size_t lane = q % kLanes;
  double carried = 0;  // before an image that these digits replace is lost
  const std::size_t known = bounds_ ? bounds_->known.size() : 0;
  for (std::size_t h = 0; h < known; ++h) carried += std::abs(share_of(q, h)) * bounds_->known[h].most[bound_rows_[q]];
  double left = 0, all = 0, square = 0, most = 0, made = 0;
  double* image = made_ ? &made_->image[bound_rows_[q] * size] : nullptr;
  for (std::size_t j = 0; j < size; ++j) {
    const double u = std::nearbyint((y[j] - least) / unit), as = least + unit * u;
    y[j] -= as, most = std::max(most, std::abs(as));
    left += y[j] * y[j], all += u, square += queries_[q].y[j] * queries_[q].y[j], made += as * as;
    if (image) image[j] = as;
    const auto bits = static_cast<std::uint64_t>(u);
    for (std::size_t d = 0; d < digits_; ++d) {
      const std::size_t column = d * lanes_ + q, at = column % kPanel;
      packed_[column / kPanel * steps_ + j / kStep].value[at / (kPanel / 2)][j % kStep / 4][at % (kPanel / 2)][j % 4] =
          static_cast<std::uint8_t>(bits >> (8 * (digits_ - 1 - d)));
    }
  }
  if (made_) made_->square[bound_rows_[q]] = made, made_->most[bound_rows_[q]] = most;
  for (std::size_t d = 0; d < digits_; ++d)
    lanes.place[d][lane] = unit * std::exp2(8.0 * static_cast<double>(digits_ - 1 - d)) / 127.5;
  lanes.sum[lane] = least / 127.5;
  lanes.bias[lane] = (least * static_cast<double>(size) + unit * all) * 0.5 / 127.5;
  lanes.rate[lane] = rate;
  const double largest = (most + carried) * static_cast<double>(size) + points_.longest * points_.longest;
  miss_[q] = rate * std::sqrt(left);
  slack_[q] = miss_[q] * points_.longest + rate * kRounding * static_cast<double>(1 + known) * largest;
  square_[q] = square * (1 - 1e-12) - 2 * slack_[q] / rate;
  twice_[q] = 2 / rate;
}

}  // namespace diffmem::detail
