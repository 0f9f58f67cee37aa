// SPDX-License-Identifier: MIT
#include <diffmem/core/crew.hpp>
#include <diffmem/kernels/cpu/convolution.hpp>
#include <diffmem/kernels/cpu/pointwise.hpp>
#include <diffmem/kernels/cpu/room.hpp>
#include <diffmem/kernels/fused_conv.hpp>

#include <algorithm>

namespace diffmem::kernels {
namespace {

template <class T>
struct Scratch {
  std::vector<T> even, odd, pairs, tiles, gradients;
  std::vector<float> shifted;
  std::vector<std::ptrdiff_t> where, where_right;
  std::vector<TilePlace> to;
};
template <class T>
Scratch<T>& scratch() {
  thread_local Scratch<T> s;
  return s;
}

// ---- Tap by tap.

template <class T>
void convolve_by_taps(const T* images, int group, const Geometry& g, const T* weights, int columns,
                      const ConvOut<T>& to) {
  std::vector<std::ptrdiff_t> taps;  // what each adds to where a pixel's first tap is
  for (int y = 0; y <= 2 * g.pad; ++y)
    for (int x = 0; x <= 2 * g.pad; ++x) taps.push_back((std::ptrdiff_t{y} * g.line + x) * g.depth);
  const std::ptrdiff_t panel = std::ptrdiff_t{g.products} * g.depth * kPanelColumns, pixels = group * g.pixels();
  std::ptrdiff_t* where = room(scratch<T>().where, pixels + kTileRows);
  for (int n = 0, i = 0; n < group; ++n)
    for (int h = 0; h < g.height; ++h)
      for (int w = 0; w < g.width; ++w) where[i++] = n * g.size() + (std::ptrdiff_t{h} * g.line + w) * g.depth;
  for (int r = 0; r < kTileRows; ++r) where[pixels + r] = where[pixels - 1];  // rows beyond the last are not stored
  alignas(64) float sums[kTileRows * kTileColumns];
  RowProduct<T> product{
      .rows = {}, .taps = taps.data(), .tap_count = g.products, .depth = g.depth, .panel_stride = panel, .out = sums};
  for (int c = 0; c < columns; c += kTileColumns) {
    product.panel = weights + c / kPanelColumns * panel;
    product.panels = columns - c > kPanelColumns ? 2 : 1;
    for (std::ptrdiff_t p = 0; p < pixels; p += kTileRows) {
      for (int r = 0; r < kTileRows; ++r) {
        product.rows[r] = images + where[p + r];
        if (to.residual) __builtin_prefetch(to.residual + (p + r) * columns + c);
        if (to.out) __builtin_prefetch(to.out + (p + r) * columns + c, 1);
      }
      panel_kernels<T>().rows(product);
      for (std::ptrdiff_t begin = p, end; begin < std::min(p + kTileRows, pixels); begin = end) {
        const std::ptrdiff_t n = begin / g.pixels();
        end = std::min(p + kTileRows, (n + 1) * g.pixels());
        const auto from = [&](auto* values) { return values ? values + begin * columns + c : nullptr; };
        pointwise<T>().finish({sums + (begin - p) * kTileColumns, static_cast<int>(end - begin),
                               std::min(kTileColumns, columns - c), to.add ? to.add + n * columns + c : nullptr,
                               from(to.residual), to.scale, from(to.out), from(to.wide_out), columns});
      }
    }
  }
}

/// Of each pixel, with the border, its products with all taps of all columns; then those that meet are added up.
template <class T>
void convolve_by_shifts(const T* images, int group, const Geometry& g, const T* weights, int columns,
                        const ConvOut<T>& to) {
  const int wide = padded(9 * columns, kPanelColumns);
  const std::ptrdiff_t pixels = std::ptrdiff_t{g.rows()} * g.line, none = 0;
  float* sums = room(scratch<T>().shifted, (pixels + kTileRows) * wide);
  RowProduct<T> product{.rows = {},
                        .taps = &none,
                        .depth = g.depth,
                        .panel = weights,
                        .panel_stride = std::ptrdiff_t{g.depth} * kPanelColumns,
                        .panels = wide / kPanelColumns,
                        .out_stride = wide};
  for (int n = 0; n < group; ++n) {
    for (std::ptrdiff_t p = 0; p < pixels; p += kTileRows) {
      for (int r = 0; r < kTileRows; ++r)
        product.rows[r] = images + n * g.size() + std::min(p + r, pixels - 1) * g.depth;
      product.out = sums + p * wide;
      panel_kernels<T>().rows(product);
    }
    std::ptrdiff_t place = n * g.pixels() * columns;
    for (int h = 0; h < g.height; ++h)
      for (int w = 0; w < g.width; ++w)
        for (int c = 0; c < columns; ++c, ++place) {
          float sum = to.add ? to.add[n * columns + c] : 0;
          for (int t = 0; t < 9; ++t)
            sum += sums[(std::ptrdiff_t{h + t / 3} * g.line + w + t % 3) * wide + t * columns + c];
          if (to.residual) sum += widened(to.residual[place]);
          if (to.out)
            to.out[place] = narrowed<T>(sum * to.scale);
          else
            to.wide_out[place] = sum * to.scale;
        }
  }
}

template <class T>
void tap_sums(const T* input, const Geometry& g, const T* gradient, const Geometry& d, int group, float* sums) {
  Scratch<T>& s = scratch<T>();
  ColumnProduct<T> product;
  product.lines = g.height;
  product.out_stride = d.depth;
  const T *left_even = input, *left_odd = nullptr, *right = gradient;
  std::ptrdiff_t left_image = g.size(), right_image = d.size(), left_line = std::ptrdiff_t{g.line} * g.depth,
                 odd_image = 0, odd_line = 0;
  if constexpr (kPair<T> == 2) {
    const int steps = (g.width + 1) / 2, even_steps = g.line / 2;
    const std::ptrdiff_t even_line = std::ptrdiff_t{2} * even_steps * g.depth,
                         right_line = std::ptrdiff_t{2} * steps * d.depth;
    odd_line = std::ptrdiff_t{2} * steps * g.depth;
    T *even = room(s.even, group * g.rows() * even_line), *odd = room(s.odd, group * g.rows() * odd_line),
      *pairs = room(s.pairs, group * g.height * right_line);
    for (int n = 0; n < group; ++n) {
      for (int h = 0; h < g.rows(); ++h) {
        const T* from = input + n * g.size() + h * left_line;
        pointwise<T>().interleave(from, g.depth, even_steps, g.depth, even + (n * g.rows() + h) * even_line);
        if (g.pad > 0)
          pointwise<T>().interleave(from + g.depth, g.depth, steps, g.depth, odd + (n * g.rows() + h) * odd_line);
      }
      for (int h = 0; h < g.height; ++h)
        pointwise<T>().interleave(gradient + n * d.size() + d.at(h, 0), d.depth, steps, d.depth,
                                  pairs + (n * g.height + h) * right_line);
    }
    left_even = even, left_odd = odd, right = pairs;
    left_line = even_line, left_image = g.rows() * even_line, odd_image = g.rows() * odd_line;
    right_image = g.height * right_line;
    product.count = steps;
    product.left_step = 2 * g.depth, product.right_step = 2 * d.depth, product.right_line = right_line;
  } else {
    right = gradient + d.at(0, 0);
    product.count = g.width;
    product.left_step = g.depth, product.right_step = d.depth, product.right_line = std::ptrdiff_t{d.line} * d.depth;
  }
  product.images = group, product.right_image = right_image;
  const auto& kernels = panel_kernels<T>();
  for (int t = 0; t < g.products; ++t) {
    const int side = 2 * g.pad + 1, y = t / side, x = t % side;
    const bool odd = kPair<T> == 2 && x == 1;
    product.left_image = odd ? odd_image : left_image;
    product.left_line = odd ? odd_line : left_line;
    const T* left = (odd ? left_odd : left_even) + y * product.left_line + (odd ? 0 : x * g.depth);
    for (int c = 0; c < d.depth; c += kTileColumns) {
      product.panels = d.depth - c > kPanelColumns ? 2 : 1;
      for (int i = 0; i < g.depth; i += kTileRows) {
        product.out = sums + (std::ptrdiff_t{t} * g.depth + i) * d.depth + c;
        product.left = left + i * kPair<T>, product.right = right + c * kPair<T>;
        kernels.columns(product);
      }
    }
  }
}

// ---- By Winograd.

constexpr int kProducts = 16;

/// Tiles of 2x2 values that an image has.
std::ptrdiff_t tile_lines(const Geometry& g) { return (g.height + 1) / 2; }
std::ptrdiff_t line_tiles(const Geometry& g) { return (g.width + 1) / 2; }
std::ptrdiff_t tile_count(const Geometry& g) { return tile_lines(g) * line_tiles(g); }
/// Where each of a group begins in its images, `border` pixels left of and above its values.
const std::ptrdiff_t* places(const Geometry& g, int group, int border, std::vector<std::ptrdiff_t>& to) {
  std::ptrdiff_t* where = room(to, group * tile_count(g) + kTileRows);
  std::ptrdiff_t i = 0;
  for (int n = 0; n < group; ++n)
    for (int h = 0; h < tile_lines(g); ++h)
      for (int w = 0; w < line_tiles(g); ++w) where[i++] = n * g.size() + g.at(2 * h - border, 2 * w - border);
  for (int r = 0; r < kTileRows; ++r) where[i + r] = where[i - 1];  // tiles beyond the last are not stored
  return where;
}
/// Where the values of each go.
const TilePlace* results(const Geometry& g, int group, std::vector<TilePlace>& to) {
  TilePlace* const first = room(to, group * tile_count(g));
  TilePlace* place = first;
  for (int n = 0; n < group; ++n)
    for (int h = 0; h < g.height; h += 2)
      for (int w = 0; w < g.width; w += 2)
        *place++ = {n * g.pixels() + h * g.width + w, n, std::min(2, g.height - h), std::min(2, g.width - w)};
  return first;
}
/// Tiles whose products are done together, of `depth` channels each: as many as the cache takes.
template <class T>
std::ptrdiff_t tiles_at_once(std::ptrdiff_t depth) {
  constexpr std::ptrdiff_t kBytes = 512 << 10;
  return std::max<std::ptrdiff_t>(kBytes / (kProducts * depth * static_cast<std::ptrdiff_t>(sizeof(T)) * kTileRows),
                                  1) *
         kTileRows;
}
/// Tiles whose sums are added to the weights' together: enough that these, too many for the cache, come and go seldom.
constexpr std::ptrdiff_t kTilesAtOnce = 256;
/// Values more than a power of two: lines of the cache that lie so far apart push each other out.
template <class T>
constexpr std::ptrdiff_t kStagger = 64 / sizeof(T);

template <class T>
void convolve_by_winograd(const T* images, int group, const Geometry& g, const T* weights, int columns,
                          const ConvOut<T>& to) {
  Scratch<T>& s = scratch<T>();
  const std::ptrdiff_t all = group * tile_count(g), row = g.depth + kStagger<T>, product = kTileRows * row,
                       block = kProducts * product, at_once = tiles_at_once<T>(row);
  const std::ptrdiff_t* where = places(g, group, 1, s.where);
  const TilePlace* place = results(g, group, s.to);
  T* tiles = room(s.tiles, std::min(at_once, all + kTileRows) / kTileRows * block);
  std::ptrdiff_t of_product[kProducts];
  for (int k = 0; k < kProducts; ++k) of_product[k] = k * product;
  alignas(64) float sums[kProducts * kTileRows * kTileColumns];
  RowProduct<T> p{.rows = {},
                  .taps = of_product,
                  .tap_count = kProducts,
                  .depth = g.depth,
                  .panel_stride = std::ptrdiff_t{kProducts} * g.depth * kPanelColumns,
                  .out = sums,
                  .apart = kTileRows * kTileColumns};
  for (std::ptrdiff_t first = 0; first < all; first += at_once) {
    const std::ptrdiff_t end = std::min(first + at_once, all);
    for (std::ptrdiff_t t = first; t < end; t += kTileRows)
      pointwise<T>().tiles({images, where + t, kTileRows, std::ptrdiff_t{g.line} * g.depth, g.depth,
                            tiles + (t - first) / kTileRows * block, row, product});
    for (int c = 0; c < columns; c += kTileColumns) {
      p.panel = weights + c / kPanelColumns * p.panel_stride;
      p.panels = columns - c > kPanelColumns ? 2 : 1;
      for (std::ptrdiff_t t = first; t < end; t += kTileRows) {
        for (int r = 0; r < kTileRows; ++r) p.rows[r] = tiles + (t - first) / kTileRows * block + r * row;
        for (std::ptrdiff_t i = t; i < std::min(t + kTileRows, end); ++i)
          for (const std::ptrdiff_t pixel : {0, 1, g.width, g.width + 1}) {
            const std::ptrdiff_t at = (place[i].pixel + pixel) * columns + c;
            if (to.residual) __builtin_prefetch(to.residual + at);
            if (to.out) __builtin_prefetch(to.out + at, 1);
          }
        panel_kernels<T>().rows(p);
        const auto from = [&](auto* values) { return values ? values + c : nullptr; };
        pointwise<T>().finish_tiles({.sums = sums,
                                     .tiles = static_cast<int>(std::min<std::ptrdiff_t>(kTileRows, end - t)),
                                     .columns = std::min(kTileColumns, columns - c),
                                     .places = place + t,
                                     .line = g.width,
                                     .add = from(to.add),
                                     .residual = from(to.residual),
                                     .scale = to.scale,
                                     .out = from(to.out),
                                     .wide_out = from(to.wide_out),
                                     .stride = columns});
      }
    }
  }
}

template <class T>
void winograd_sums(const T* input, const Geometry& g, const T* gradient, const Geometry& d, int group, float* sums) {
  Scratch<T>& s = scratch<T>();
  const std::ptrdiff_t all = group * tile_count(g), steps = std::min(kTilesAtOnce, all + 1) / kPair<T>,
                       left = steps * kPair<T> * g.depth + kStagger<T>,
                       right = steps * kPair<T> * d.depth + kStagger<T>;
  T *tiles = room(s.tiles, kProducts * left), *gradients = room(s.gradients, kProducts * right);
  const std::ptrdiff_t *of_input = places(g, group, 1, s.where), *of_gradient = places(d, group, 0, s.where_right);
  ColumnProduct<T> p;
  p.left_step = std::ptrdiff_t{kPair<T>} * g.depth, p.right_step = std::ptrdiff_t{kPair<T>} * d.depth;
  p.out_stride = d.depth;
  for (std::ptrdiff_t first = 0; first < all; first += kTilesAtOnce) {
    const int count = static_cast<int>(std::min(kTilesAtOnce, all - first));
    pointwise<T>().paired_tiles(
        {input, of_input + first, count, std::ptrdiff_t{g.line} * g.depth, g.depth, tiles, p.left_step, left});
    pointwise<T>().paired_gradients({gradient, of_gradient + first, count, std::ptrdiff_t{d.line} * d.depth, d.depth,
                                     gradients, p.right_step, right});
    p.count = (count + kPair<T> - 1) / kPair<T>;
    for (int k = 0; k < kProducts; ++k)
      for (int c = 0; c < d.depth; c += kTileColumns) {
        p.panels = d.depth - c > kPanelColumns ? 2 : 1;
        p.right = gradients + k * right + c * kPair<T>;
        for (int i = 0; i < g.depth; i += kTileRows) {
          p.left = tiles + k * left + i * kPair<T>;
          p.out = sums + (std::ptrdiff_t{k} * g.depth + i) * d.depth + c;
          panel_kernels<T>().columns(p);
        }
      }
  }
}

// ---- Weights.

/// Weights [out,in,kernel,kernel] as a matrix of `rows` by `columns` channels: columns are out and rows in, or turned around.
struct WeightView {
  const float* weights;
  int columns, rows, taps;
  std::ptrdiff_t column, row;  ///< floats from one to the next
  bool turned;
};

template <class T>
void panel_of_taps(const WeightView& v, int first, int depth, T* to) {
  const int count = std::min(kPanelColumns, v.columns - first);
  for (int t = 0; t < v.taps; ++t)
    for (int k = 0; k < v.rows; ++k) {
      const float* from = v.weights + first * v.column + k * v.row + (v.turned ? v.taps - 1 - t : t);
      T* row = to + (std::ptrdiff_t{t} * depth + k / kPair<T> * kPair<T>)*kPanelColumns + k % kPair<T>;
      for (int c = 0; c < count; ++c) row[c * kPair<T>] = narrowed<T>(from[c * v.column]);
    }
}

template <class T>
void panels_of_shifts(const WeightView& v, int depth, T* to) {
  for (int t = 0; t < v.taps; ++t)
    for (int c = 0; c < v.columns; ++c) {
      const int at = t * v.columns + c;
      const float* from = v.weights + c * v.column + (v.turned ? v.taps - 1 - t : t);
      T* panel = to + std::ptrdiff_t{at / kPanelColumns} * depth * kPanelColumns + at % kPanelColumns * kPair<T>;
      for (int k = 0; k < v.rows; ++k)
        panel[k / kPair<T> * kPair<T> * kPanelColumns + k % kPair<T>] = narrowed<T>(from[k * v.row]);
    }
}

/// depth: the rows, padded.
template <class T>
std::vector<T> panels_of(const WeightView& v, int kernel, int depth, int threads) {
  if (by_shifts(kernel, v.columns)) {
    std::vector<T> packed(static_cast<std::size_t>(padded(v.taps * v.columns, kPanelColumns) * depth));
    panels_of_shifts(v, depth, packed.data());
    return packed;
  }
  const int products = product_count(kernel, v.rows, v.columns);
  const std::ptrdiff_t panel = std::ptrdiff_t{products} * depth * kPanelColumns;
  const int panels = padded(v.columns, kPanelColumns) / kPanelColumns;
  std::vector<T> packed(static_cast<std::size_t>(panels * panel));
  threads = detail::worthwhile(threads, 10.0 * static_cast<double>(packed.size()));
  detail::share(threads, static_cast<std::size_t>(panels), [&](std::size_t p) {
    const int first = static_cast<int>(p) * kPanelColumns;
    T* to = packed.data() + static_cast<std::ptrdiff_t>(p) * panel;
    if (by_winograd(kernel, v.rows, v.columns))
      pointwise<T>().weight_tiles({v.weights + first * v.column, v.column, v.row,
                                   std::min(kPanelColumns, v.columns - first), v.rows, depth, v.turned, to});
    else
      panel_of_taps(v, first, depth, to);
  });
  return packed;
}

}  // namespace

template <class T>
std::vector<T> packed_weights(const float* weights, int out, int in, int kernel, int threads) {
  const int taps = kernel * kernel;
  return panels_of<T>({weights, out, in, taps, std::ptrdiff_t{in} * taps, taps, false}, kernel, padded(in, kTileRows),
                      threads);
}
template <class T>
std::vector<T> turned_weights(const float* weights, int out, int in, int kernel, int threads) {
  const int taps = kernel * kernel;
  return panels_of<T>({weights, in, out, taps, taps, std::ptrdiff_t{in} * taps, true}, kernel,
                      padded(out, kPanelColumns), threads);
}

template <class T>
void convolve(const T* images, int group, const Geometry& g, const T* weights, int columns, const ConvOut<T>& to) {
  (g.winograd                          ? convolve_by_winograd<T>
   : by_shifts(2 * g.pad + 1, columns) ? convolve_by_shifts<T>
                                       : convolve_by_taps<T>)(images, group, g, weights, columns, to);
}
template <class T>
void add_weight_sums(const T* input, const Geometry& g, const T* gradient, const Geometry& d, int group, float* sums) {
  (g.winograd ? winograd_sums<T> : tap_sums<T>)(input, g, gradient, d, group, sums);
}

void weight_gradient(const std::vector<std::vector<float>>& sums, const Geometry& g, const Geometry& d, int out, int in,
                     float* to, int threads) {
  const int taps = (2 * g.pad + 1) * (2 * g.pad + 1);
  if (sums.empty()) {  // no images
    std::fill_n(to, std::ptrdiff_t{out} * in * taps, 0.0f);
    return;
  }
  const std::ptrdiff_t product = std::ptrdiff_t{g.depth} * d.depth;
  threads = detail::worthwhile(threads, 10.0 * static_cast<double>(g.products * product));
  detail::share(threads, static_cast<std::size_t>(d.depth / kPanelColumns), [&](std::size_t block) {
    const int first = static_cast<int>(block) * kPanelColumns, count = std::min(kPanelColumns, out - first);
    float each[9 * kPanelColumns];
    std::vector<const float*> from(sums.size());
    for (int i = 0; i < in; ++i) {
      for (std::size_t p = 0; p < sums.size(); ++p) from[p] = sums[p].data() + std::ptrdiff_t{i} * d.depth + first;
      if (g.winograd) {
        pointwise<float>().tap_gradients(from.data(), from.size(), product, each);
      } else {
        for (int t = 0; t < taps; ++t) {
          float* sum = each + t * kPanelColumns;
          std::copy_n(from[0] + t * product, kPanelColumns, sum);
          for (std::size_t p = 1; p < from.size(); ++p)
            for (int c = 0; c < kPanelColumns; ++c) sum[c] += from[p][t * product + c];
        }
      }
      for (int c = 0; c < count; ++c)
        for (int t = 0; t < taps; ++t)
          to[(std::ptrdiff_t{first + c} * in + i) * taps + t] = each[t * kPanelColumns + c];
    }
  });
}

#define DIFFMEM_DEFINE(T)                                                                      \
  template std::vector<T> packed_weights<T>(const float*, int, int, int, int);                 \
  template std::vector<T> turned_weights<T>(const float*, int, int, int, int);                 \
  template void convolve<T>(const T*, int, const Geometry&, const T*, int, const ConvOut<T>&); \
  template void add_weight_sums<T>(const T*, const Geometry&, const T*, const Geometry&, int, float*);
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
