// SPDX-License-Identifier: MIT
// The logit of image x for the query y is -|y - x|^2 / 2 s^2 = (y.x - |x|^2/2) / s^2 + a constant.  y becomes a few
// 8-bit digits, so that y.x is a sum of inner products of bytes, exact but for what the digits leave of y, and that is
// bounded: |(y - digits).x| <= |y - digits| |x|.  What earlier digits already say of y, with the products known from
// then, is taken off first (known.hpp).  Where many images carry weight, their weights become digits, too, or what an
// earlier evaluation's leave of them, and the mean is products of bytes once more.
#include <diffmem/core/crew.hpp>
#include <diffmem/core/round_up.hpp>
#include <diffmem/optimum/detail/pass.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffmem::detail {
namespace {

constexpr std::size_t kExactSteps = 1024;  // whose products fit into 32 bits
constexpr std::size_t kRun = 8;            // steps of a panel of points that stay in the first cache meanwhile
constexpr std::size_t kWide = 4;           // panels of values interleaved at once: whole lines of a cache are read
constexpr std::size_t kFew = 48;           // of a tile: more points of weight than these are summed by products
constexpr double kUnits[] = {0, 127, 127 * 256.0, 127 * 65536.0, 127 * 16777216.0};  // of the largest weight, by digits
constexpr double kMostUnits = 0x1p30, kNoUnits = 1e-300;
constexpr double kDigitsShare = 0.62;  // of the tolerance, for what digits leave of the queries
constexpr double kUnitsShare = 0.3;    // and for what they leave of the weights
constexpr double kMostSlack = 0.25;    // of a logit: a list of near points stays short
constexpr double kCoarse = 0.02;       // of the tolerance: a unit of known products, for |y| = s, that does not do
constexpr double kRounding = 0x1p-49;  // of a logit in float64, relative to its largest term
constexpr double kNone = std::numeric_limits<double>::infinity();

Row all(double number) {
  Row row;
  std::fill(std::begin(row.value), std::end(row.value), number);
  return row;
}

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
      shares_(queries.size()),
      carried_(queries.size()),
      left_(queries.size() * points.size),
      groups_(lanes_ / kLanes),
      slack_(queries.size()),
      miss_(queries.size()),
      least_log_sum_(queries.size(), -kNone) {
  share(options.threads, queries.size(), [this, digits](std::size_t q) {
    double* left = &left_[q * points_.size];
    std::copy_n(queries_[q].y, points_.size, left);
    if (bounds_ && digits < kMostDigits) shares_[q] = take_known(*bounds_, bound_rows_[q], left, points_.size);
    if (keeps_weights()) see_weights(q);
    if (bounds_ && !bounds_->near.empty()) {
      const std::uint8_t* near = points_[bounds_->near[bound_rows_[q]]];
      const double* y = queries_[q].y;
      least_log_sum_[q] =
          (dot(y, y, points_.size) - squared_distance(y, near, points_.size)) / (2 * queries_[q].s * queries_[q].s);
    }
  });
  for (std::size_t q = 0; q < queries.size(); ++q) digits_ = std::max(digits_, digits_for(q));
  panels_ = round_up(digits_ * lanes_, kPanel) / kPanel;
  packed_.resize(panels_ * steps_);
  if (bounds_) made_ = place_for_known(*bounds_, bound_rows_, shares_, points_.size);
  share(options.threads, queries.size(), [this](std::size_t q) { pack(q); });
  for (std::size_t q = 0; made_ && q < queries.size(); ++q)
    made_fine_ |= made_->unit[bound_rows_[q]] > kCoarse * options.tolerance * queries[q].s;
  if (!made_) return;
  if (made_fine_) made_->low.resize(made_->product.size());
  for (std::size_t q = 0; q < queries.size(); ++q)
    made_->off[bound_rows_[q]] = made_->unit[bound_rows_[q]] * (made_fine_ ? 2 / kWholeParts : 0.5 + 1e-6);
}

/// A thread's memory and work.
struct Pass::Worker {
  Worker(const Pass& pass, std::vector<Tally>& tallies)
      : p(pass),
        out(tallies),
        stride(kernels::point_stride(p.steps_)),
        weight_stride(kernels::point_stride(kTile / kStep)),
        panel(kPanel * stride),
        products(p.panels_),
        logit(p.lanes_ / kLanes * kTile),
        most(p.lanes_ / kLanes),
        sum(kTile),
        half_square(kTile),
        log_weight(kTile),
        known(2 * kMostKnown * kPanel),
        single(p.queries_.size()) {}

  void tile(std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t n = p.id(first + i);
      sum[i] = p.points_.sum[n], half_square[i] = p.points_.half_square[n];
      log_weight[i] = p.points_.log_weight.empty() ? 0 : p.points_.log_weight[n];
    }
    std::fill(most.begin(), most.end(), all(-kNone));
    for (std::size_t at = 0; at < count; at += kPanel) multiply(first, at, std::min(kPanel, count - at));
    dense.clear();
    digit_rows = 0;
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
    // The next panel comes nearer meanwhile.
    const std::size_t next = first + at + kPanel, calls = divide_up(p.steps_, kRun) * p.panels_;
    const std::size_t coming = next < p.count_ ? std::min(kPanel, p.count_ - next) : 0;
    std::size_t call = 0;
    const auto bring = [&] {
      for (std::size_t i = coming * call / calls; i < coming * (call + 1) / calls; ++i)
        prefetch(p.points_[p.id(next + i)], p.points_.size);
      ++call;
    };
    for (std::size_t whole = 0; whole < p.steps_; whole += kExactSteps) {
      const std::size_t end = std::min(p.steps_, whole + kExactSteps);
      for (std::size_t s = whole; s < end; s += kRun)
        for (std::size_t c = 0; c < p.panels_; ++c) {
          bring();
          p.kernel_.dots(&panel[s], stride, &p.packed_[c * p.steps_ + s], std::min(kRun, end - s), s > whole,
                         products[c]);
        }
      for (std::size_t g = 0; g < p.groups_.size(); ++g) {
        Row* to = &logit[g * kTile + at];
        if (whole == 0) start_terms(p.groups_[g].bias, p.groups_[g].sum, &sum[at], count, to);
        Term terms[kMostDigits];
        for (std::size_t d = 0; d < p.digits_; ++d) {
          const std::size_t column = d * p.lanes_ + g * kLanes;
          terms[d] = {&products[column / kPanel].value[0][column % kPanel], kPanel, &p.groups_[g].place[d]};
        }
        add_terms({terms, p.digits_}, count, to);
      }
    }
    for (std::size_t g = 0; g < p.groups_.size(); ++g) {
      if (p.bounds_) add_known(g, first + at, count, &logit[g * kTile + at]);
      logits(p.groups_[g].rate, &half_square[at], &log_weight[at], count, &logit[g * kTile + at], most[g]);
    }
  }

  /// Adds the known images' products to those of the rest, and makes these known, too.
  void add_known(std::size_t g, std::size_t first, std::size_t count, Row* to) {
    const auto places = [&](std::vector<WholeRow>& in) {
      return Places<std::int32_t>(p.rows_of(g), first, p.count_, in.front().value);
    };
    std::vector<Known>& list = p.bounds_->known;
    Term terms[2 * kMostKnown];
    std::size_t end = 0;
    for (std::size_t h = 0; h < list.size(); ++h) {
      const Row& worth = p.groups_[g].known[h];
      if (std::all_of(std::begin(worth.value), std::end(worth.value), [](double a) { return a == 0; })) continue;
      const auto get = [&](std::vector<WholeRow>& in, const Row& worth) {
        terms[end] = {places(in).get(count, known[end * kPanel].value), kLanes, &worth};
        ++end;
      };
      get(list[h].product, worth);
      if (!list[h].low.empty()) get(list[h].low, p.groups_[g].low[h]);
    }
    // The place of what becomes known may be that of a term, which is added first.
    alignas(64) Row rest[kPanel];
    if (p.made_) std::copy_n(to, count, rest);
    add_terms({terms, end}, count, to);
    if (!p.made_) return;
    WholeRow high[kPanel], low[kPanel];
    to_whole(rest, p.groups_[g].made, count, high, p.made_->low.empty() ? nullptr : low);
    places(p.made_->product).put(high[0].value, count);
    if (!p.made_->low.empty()) places(p.made_->low).put(low[0].value, count);
  }

  /// Adds a tile to the sums of 16 queries, and its points of weight to their lists if they are few.
  void look(std::size_t g, std::size_t first, std::size_t count) {
    Row* l = &logit[g * kTile];
    const std::size_t rows = std::min(kLanes, p.queries_.size() - g * kLanes);
    Row cut = most[g], above;
    for (std::size_t q = 0; q < rows; ++q)
      cut.value[q] = std::max(out[g * kLanes + q].most, cut.value[q]) - p.reach_ - 2 * p.slack_[g * kLanes + q];
    count_above(l, count, cut, false, above);
    if (p.bounds_) bound(g, first, count, above);
    list(g, l, first, count, rows, cut, above);
    Sums s;
    weigh(l, count, half_square.data(), most[g], s);
    bool any_dense[kLanes] = {};
    for (std::size_t q = 0; q < rows; ++q) {
      Tally& t = out[g * kLanes + q];
      t.rebase(most[g].value[q]);
      const double shift = most[g].value[q] - t.most, scale = std::exp(shift);
      t.sum += s.sum.value[q] * scale, t.slope += (s.slope.value[q] + s.sum.value[q] * shift) * scale;
      any_dense[q] = above.value[q] > static_cast<double>(kFew) || p.carried_[g * kLanes + q].used;
      if (any_dense[q]) t.half_square += s.half_square.value[q] * scale;
    }
    to_digits(g, l, first, count, rows, any_dense, s.sum);
  }

  /// Notes lower bounds on this tile's distances, unless most of them are within reach: they would spare nobody.
  void bound(std::size_t g, std::size_t first, std::size_t count, const Row& above) {
    const std::span<const std::size_t> rows = p.rows_of(g);
    if (std::all_of(above.value, above.value + rows.size(),
                    [&](double a) { return a > 0.9 * static_cast<double>(count); }))
      return;
    Row moved = {};
    for (std::size_t q = 0; q < rows.size(); ++q) moved.value[q] = p.bounds_->moved[rows[q]];
    distances.resize(kTile * kLanes);
    bound_distances(&logit[g * kTile], count, log_weight.data(), p.groups_[g].square, p.groups_[g].twice, moved,
                    distances.data());
    Places<float>(rows, first, p.count_, p.bounds_->distance.data()).put(distances.data(), count);
  }

  /// Turns the weights of 16 queries, where many points have some, into digits, and lists those too large for them.
  void to_digits(std::size_t g, Row* w, std::size_t first, std::size_t count, std::size_t rows, const bool* is_dense,
                 const Row& sum) {
    constexpr std::size_t kMostSingle = 64;
    if (std::none_of(is_dense, is_dense + rows, [](bool d) { return d; })) {
      if (p.keeps_weights()) keep(g, first, count, nullptr, all(0));
      return;
    }
    take_carried(g, w, first, count, rows);
    std::size_t digits[kLanes];
    std::fill(std::begin(digits), std::end(digits), kMostDigits);
    // Rounding gives or takes a quarter of a unit, and half that moves.  A tile's points may move a share of its weight,
    // or where a point is known to weigh more, half of it by that one.
    double unit[kLanes];
    for (std::size_t q = 0; q < rows; ++q) {
      const double own = sum.value[q] / static_cast<double>(count);
      const double known =
          std::exp(p.least_log_sum_[g * kLanes + q] - most[g].value[q]) / static_cast<double>(p.count_);
      unit[q] = 8 * kUnitsShare * p.options_.tolerance * std::max(own, 0.5 * (own + known));
    }
    Row scale = all(kNoUnits), large;  // units in a weight of 1
    bool any_single = false;
    for (std::size_t q = 0; q < rows; ++q)
      if (is_dense[q]) scale.value[q] = std::min(kUnits[kMostDigits], kMostUnits);
    for (std::size_t few = kMostDigits - 1; few > 0; --few) {
      Row limit = all(kNone);
      for (std::size_t q = 0; q < rows; ++q) limit.value[q] = unit[q] * kUnits[few];
      count_above(w, count, limit, true, large);
      for (std::size_t q = 0; q < rows; ++q) {
        const double units = kUnits[few] / limit.value[q];
        if (!is_dense[q] || large.value[q] > static_cast<double>(kMostSingle) || units > kMostUnits) continue;
        // The largest weight is 1: where that fits, the digits are used in full.
        const bool fits = limit.value[q] > 1 && !p.carried_[g * kLanes + q].used;
        digits[q] = few, scale.value[q] = fits ? kUnits[few] : units, any_single |= large.value[q] > 0;
      }
    }
    units.resize(kTile);
    Row off = {}, used = {};
    units_of(w, scale, count, units.data(), off, used);
    if (p.keeps_weights()) keep(g, first, count, units.data(), scale);
    double worth[kLanes];  // of a unit
    for (std::size_t q = 0; q < rows; ++q)
      worth[q] = std::exp(most[g].value[q] - out[g * kLanes + q].most) / scale.value[q];
    WholeRow most_units;
    for (std::size_t q = 0; q < kLanes; ++q)
      most_units.value[q] = q < rows && is_dense[q] ? static_cast<std::int32_t>(std::min(kUnits[digits[q]], 0x1p31 - 1))
                                                    : std::numeric_limits<std::int32_t>::max();
    for (std::size_t i = any_single ? 0 : count; (i = next_beyond(units.data(), i, count, most_units)) < count; ++i)
      for (std::size_t q = 0; q < rows; ++q) {
        std::int32_t& here = units[i].value[q];
        if (std::abs(here) <= most_units.value[q]) continue;
        single[g * kLanes + q].push_back({here * worth[q], p.points_[p.id(first + i)]});
        here = 0;
      }
    std::fill(units.begin() + static_cast<std::ptrdiff_t>(count), units.end(), WholeRow{});
    for (std::size_t q = 0; q < rows; ++q) {
      if (!is_dense[q]) continue;
      Tally& t = out[g * kLanes + q];
      const double whole = std::exp(most[g].value[q] - t.most);
      t.off += whole * off.value[q], t.used += whole * used.value[q];
      dense.push_back({g * kLanes + q, digits[q], digit_rows, worth[q]});
      digit_rows += digits[q];
      weights.resize(std::max(weights.size(), round_up(digit_rows, kPanel) * weight_stride));
      for (std::size_t d = 0; d < digits[q]; ++d)
        for (std::size_t s = 0; s * kStep < count; ++s)
          digit_of(&units[s * kStep], q, static_cast<int>(8 * (digits[q] - 1 - d)), d == 0,
                   weights[(dense.back().first + d) * weight_stride + s].value);
    }
  }

  /// Takes an earlier evaluation's weights off those of the queries that use them.
  void take_carried(std::size_t g, Row* w, std::size_t first, std::size_t count, std::size_t rows) {
    Row worth = {};
    bool any = false;
    for (std::size_t q = 0; q < rows; ++q) {
      const Carried& c = p.carried_[g * kLanes + q];
      if (!c.used) continue;
      const KnownWeights& from = p.bounds_->weights;
      worth.value[q] = std::exp(from.worth[first / kTile * p.bounds_->rows + p.bound_rows_[g * kLanes + q]] +
                                c.log_share - most[g].value[q]);
      any = true;
    }
    if (!any) return;
    units.resize(kTile);
    const auto* from = Places<std::int32_t>(p.rows_of(g), first, p.count_, p.bounds_->weights.units.front().value)
                           .get(count, units.front().value);
    subtract_units(reinterpret_cast<const WholeRow*>(from), worth, count, w);
  }
  /// Keeps a tile's weights (null: 0) of the queries that use no others, for an evaluation to come.
  void keep(std::size_t g, std::size_t first, std::size_t count, const WholeRow* from, const Row& scale) {
    std::vector<std::size_t> lanes, rows;
    for (std::size_t q = 0; q < p.rows_of(g).size(); ++q)
      if (!p.carried_[g * kLanes + q].used) lanes.push_back(q), rows.push_back(p.rows_of(g)[q]);
    if (rows.empty()) return;
    KnownWeights& to = p.bounds_->weights;
    const Places<std::int32_t> places(rows, first, p.count_, to.units.front().value);
    kept.resize(kTile);
    if (!from)
      std::fill(kept.begin(), kept.end(), WholeRow{}), from = kept.data();
    else if (rows.size() < kLanes) {
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < lanes.size(); ++k) kept[i].value[k] = from[i].value[lanes[k]];
      from = kept.data();
    }
    places.put(from->value, count);
    for (std::size_t k = 0; k < rows.size(); ++k)
      to.worth[first / kTile * p.bounds_->rows + rows[k]] =
          scale.value[lanes[k]] > kNoUnits ? most[g].value[lanes[k]] - std::log(scale.value[lanes[k]]) : -kNone;
  }

  /// Notes the points that may be among the largest weights, and all above `cut` where they are few.
  void list(std::size_t g, const Row* l, std::size_t first, std::size_t count, std::size_t rows, const Row& cut,
            const Row& above) {
    const auto room_for = [&](const Tally& t) { return 2 * t.top.size() + 4 * p.options_.top + 16; };
    double few[kLanes], top[kLanes];
    Row least = all(kNone);
    std::size_t room[kLanes];
    for (std::size_t q = 0; q < rows; ++q) {
      Tally& t = out[g * kLanes + q];
      const bool is_dense = above.value[q] > static_cast<double>(kFew) || p.carried_[g * kLanes + q].used;
      few[q] = is_dense ? kNone : cut.value[q];
      top[q] = keep_possible(t.top, p.options_.top, p.slack_[g * kLanes + q]);
      room[q] = room_for(t);
      least.value[q] = std::min(few[q], top[q]);
    }
    for (std::size_t i = 0; (i = next_above(l, i, count, least)) < count; ++i)
      for (std::size_t q = 0; q < rows; ++q) {
        const double here = l[i].value[q];
        if (!(here >= least.value[q])) continue;
        Tally& t = out[g * kLanes + q];
        if (here >= few[q]) t.few.push_back({first + i, here});
        if (!(here >= top[q])) continue;
        t.top.push_back({first + i, here});
        if (t.top.size() < room[q]) continue;
        top[q] = keep_possible(t.top, p.options_.top, p.slack_[g * kLanes + q]);
        least.value[q] = std::min(few[q], top[q]);
        room[q] = room_for(t);
      }
    for (std::size_t q = 0; q < rows; ++q)
      if (std::vector<Candidate>& all = out[g * kLanes + q].few; all.size() > 4 * kFew)
        std::erase_if(all, [&](const Candidate& c) { return c.logit < cut.value[q]; });
  }

  /// Adds the dense queries' share of this tile to their means.
  void average(std::size_t first, std::size_t count) {
    const std::size_t blocks = round_up(digit_rows, kPanel) / kPanel;
    const std::size_t steps = round_up(count, kStep) / kStep;
    images.resize(count);
    for (std::size_t i = 0; i < count; ++i) images[i] = p.points_[p.id(first + i)];
    for (const Dense& d : dense) {
      Tally& t = out[d.row];
      if (t.mean.empty()) t.mean.assign(p.points_.size, 0);
    }
    block.resize(kWide * kRun);
    sums.resize(kWide * blocks);
    for (std::size_t j = 0; j < p.points_.size; j += kWide * kPanel) {
      const std::size_t wide = std::min(kWide, round_up(p.points_.size - j, kPanel) / kPanel);
      const auto values = [&](std::size_t w) { return std::min(kPanel, p.points_.size - j - w * kPanel); };
      for (std::size_t s = 0; s < steps; s += kRun) {
        const std::size_t run = std::min(kRun, steps - s);
        for (std::size_t r = s; r < s + run; ++r)
          for (std::size_t w = 0; w < wide; ++w)
            p.kernel_.interleave(&images[r * kStep], std::min(kStep, count - r * kStep), j + w * kPanel, values(w),
                                 block[w * kRun + r - s]);
        // What the next ones are made of comes nearer meanwhile.
        const std::size_t next = (s + run) * kStep, calls = wide * blocks;
        const std::size_t coming = std::min(count - std::min(next, count), kRun * kStep);
        for (std::size_t w = 0; w < wide; ++w)
          for (std::size_t b = 0; b < blocks; ++b) {
            const std::size_t call = w * blocks + b;
            for (std::size_t i = coming * call / calls; i < coming * (call + 1) / calls; ++i)
              prefetch(images[next + i] + j, wide * kPanel);
            p.kernel_.dots(&weights[b * kPanel * weight_stride + s], weight_stride, &block[w * kRun], run, s > 0,
                           sums[w * blocks + b]);
          }
      }
      for (const Dense& d : dense) {
        double* mean = &out[d.row].mean[j];
        for (std::size_t w = 0; w < wide; ++w) {
          const std::int32_t* from[kMostDigits];
          for (std::size_t k = 0; k < d.digits; ++k) {
            const std::size_t at = d.first + k;
            from[k] = sums[w * blocks + at / kPanel].value[at % kPanel];
          }
          add_products(mean + w * kPanel, d.worth, {from, d.digits}, values(w));
        }
        // Here the images' values are near.
        add_values(mean, single[d.row], j, std::min(wide * kPanel, p.points_.size - j));
      }
    }
    for (const Dense& d : dense) single[d.row].clear();
  }

  struct Dense {
    std::size_t row;
    std::size_t digits, first;  // of its weights; the first one's place among all
    double worth;               // of a unit
  };
  const Pass& p;
  std::vector<Tally>& out;
  std::size_t stride, weight_stride, digit_rows = 0;
  std::vector<PointStep> panel, weights;
  std::vector<DotTile> products, sums;
  std::vector<Row> logit;  // [lanes/16][kTile]
  std::vector<Row> most;   // [lanes/16], of a tile
  std::vector<double> sum, half_square, log_weight;
  std::vector<WholeRow> known, units, kept;
  std::vector<float> distances;
  std::vector<QueryStep> block;
  std::vector<Dense> dense;
  std::vector<std::vector<Weighted>> single;  // [queries], too large for digits
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
  if (keeps_weights())
    for (std::size_t q = 0; q < queries_.size(); ++q) keep_weights(q, parts[0][q]);
  return std::move(parts[0]);
}

double Pass::miss_along(std::size_t q, const double* x) const {
  return dot(&left_[q * points_.size], x, points_.size) / (queries_[q].s * queries_[q].s);
}

/// Whether query q is so near to one asked before, at the same s, that its weights are, too.
void Pass::see_weights(std::size_t q) {
  const KnownWeights& from = bounds_->weights;
  const std::size_t row = bound_rows_[q], size = points_.size;
  if (from.s[row] != queries_[q].s) return;
  std::vector<double> step(queries_[q].y, queries_[q].y + size);
  add_scaled(step.data(), -1, &from.image[row * size], size);
  const double rate = 1 / (queries_[q].s * queries_[q].s);
  if (!(rate * std::sqrt(dot(step.data(), step.data(), size)) * points_.longest <= 0.25)) return;
  // All weights grow by about what that of an image at the mean does.
  double along = dot(step.data(), &from.mean[row * size], size) / (127.5 * from.used[row]);
  for (const double e : step) along -= e;
  carried_[q] = {.used = true, .log_share = rate * along};
}
/// Adds the weights used to a query's, or keeps its own.
void Pass::keep_weights(std::size_t q, Tally& t) {
  KnownWeights& kept = bounds_->weights;
  const std::size_t row = bound_rows_[q], size = points_.size;
  if (carried_[q].used) {
    const double share = std::exp(kept.most[row] + carried_[q].log_share - t.most);
    add_scaled(t.mean.data(), share, &kept.mean[row * size], size);
    t.used += share * kept.used[row];
  } else if (t.mean.empty()) {
    kept.s[row] = 0;
  } else {
    kept.s[row] = queries_[q].s, kept.most[row] = t.most, kept.used[row] = t.used;
    std::copy_n(queries_[q].y, size, &kept.image[row * size]);
    std::copy_n(t.mean.data(), size, &kept.mean[row * size]);
  }
}

/// Digits enough for the logits of query q, if its weights' spread is what it was, and for a list of its near points.
std::size_t Pass::digits_for(std::size_t q) const {
  const double* left = &left_[q * points_.size];
  const auto [low, high] = std::minmax_element(left, left + points_.size);
  const double rate = 1 / (queries_[q].s * queries_[q].s);
  const double all = points_.radius * points_.radius;
  const double spread = bounds_ ? bounds_->spread_at(bound_rows_[q], queries_[q].s, all) : all;
  double miss = (*high - *low) * std::sqrt(static_cast<double>(points_.size) / 12) * rate;
  for (std::size_t digits = 1;; ++digits) {
    miss /= 256;
    if (digits == kMostDigits ||
        (0.5 * miss * std::sqrt(spread) <= kDigitsShare * options_.tolerance && miss * points_.longest <= kMostSlack))
      return digits;
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
  double carried = 0, off = 0;  // before an image that these digits replace is lost
  const std::size_t known = bounds_ ? bounds_->known.size() : 0;
  for (std::size_t h = 0; h < known; ++h) {
    const Known& k = bounds_->known[h];
    const std::size_t row = bound_rows_[q];
    const double share = shares_[q].of[h];
    carried += std::abs(share) * k.most[row], off += std::abs(share) * k.off[row];
    lanes.known[h].value[lane] = share * k.unit[row];
    lanes.low[h].value[lane] = share * k.unit[row] / kWholeParts;
  }
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
  if (made_) {
    const std::size_t row = bound_rows_[q];
    made_->square[row] = made, made_->most[row] = most;
    lanes.made.value[lane] = made_->unit[row] = std::max(std::sqrt(made) * points_.longest * 0x1p-30, 1e-290);
  }
  for (std::size_t d = 0; d < digits_; ++d)
    lanes.place[d].value[lane] = unit * std::exp2(8.0 * static_cast<double>(digits_ - 1 - d)) / 127.5;
  lanes.sum.value[lane] = least / 127.5;
  lanes.bias.value[lane] = (least * static_cast<double>(size) + unit * all) * 0.5 / 127.5;
  lanes.rate.value[lane] = rate;
  const double largest = (most + carried) * static_cast<double>(size) + points_.longest * points_.longest;
  miss_[q] = rate * std::sqrt(left);
  slack_[q] = miss_[q] * points_.longest + rate * (kRounding * static_cast<double>(1 + known) * largest + off);
  lanes.square.value[lane] = square * (1 - 1e-12) - 2 * slack_[q] / rate;
  lanes.twice.value[lane] = 2 / rate;
}

}  // namespace diffmem::detail
