// SPDX-License-Identifier: MIT
#include <diffmem/core/crew.hpp>
#include <diffmem/kernels/cpu/pointwise.hpp>
#include <diffmem/kernels/dropout.hpp>
#include <diffmem/kernels/fused_conv.hpp>
#include <diffmem/kernels/panels.hpp>

#include <algorithm>
#include <cstring>

namespace diffmem::kernels {
namespace {

/// Images in a thread's cache: values [rows+2 pad][line][depth] an image, with a border of zeros.
struct Geometry {
  int height, width, pad, taps, line, depth;
  Geometry(int h, int w, int kernel, int depth_)
      : height(h), width(w), pad(kernel / 2), taps(kernel * kernel), line(w + 2 * pad + (w & 1)), depth(depth_) {}
  int rows() const { return height + 2 * pad; }
  std::ptrdiff_t pixels() const { return std::ptrdiff_t{height} * width; }
  std::ptrdiff_t size() const { return std::ptrdiff_t{rows()} * line * depth; }
  std::ptrdiff_t at(int h, int w) const { return (std::ptrdiff_t{h + pad} * line + w + pad) * depth; }
  /// What each tap adds to where a pixel's first tap is.
  std::vector<std::ptrdiff_t> tap_offsets() const {
    std::vector<std::ptrdiff_t> offsets;
    for (int y = 0; y <= 2 * pad; ++y)
      for (int x = 0; x <= 2 * pad; ++x) offsets.push_back((std::ptrdiff_t{y} * line + x) * depth);
    return offsets;
  }
};

/// Everything of a FusedConv that follows from it.
template <class T>
struct Plan {
  const FusedConv& law;
  int in, out, out_padded;
  Geometry input, gradient;  // of the convolution: its input, and the gradient of its output
  std::ptrdiff_t pixels;     // of x
  explicit Plan(const FusedConv& l)
      : law(l),
        in(l.norm.channels),
        out(l.out),
        out_padded(padded(l.out, kPanelColumns)),
        input(l.conv_height(), l.conv_width(), l.kernel, padded(l.norm.channels, kTileRows)),
        gradient(l.conv_height(), l.conv_width(), l.kernel, out_padded),
        pixels(std::ptrdiff_t{l.height} * l.width) {}
  Pieces<const T> image(const Pieces<const T>& x, std::int64_t n) const {
    Pieces<const T> at = x;
    for (int part = 0; part < 2; ++part)
      if (at.part[part]) at.part[part] += n * pixels * at.channels[part];
    return at;
  }
  const float* moments(const float* all, std::int64_t n) const { return all + 2 * n * law.norm.groups; }
  double operations() const {
    return 2.0 * static_cast<double>(law.images * input.pixels()) * input.taps * input.depth * out_padded;
  }
};

/// Images done together: enough pixels for long sums, few enough to stay in the cache.
int group_of(const Geometry& g, std::int64_t images, int threads) {
  constexpr std::ptrdiff_t kPixels = 512;
  const std::int64_t share = (images + threads - 1) / threads;
  return static_cast<int>(std::clamp<std::int64_t>(kPixels / g.pixels(), 1, std::max<std::int64_t>(share, 1)));
}

/// work(w, first, count) for a thread's share of the images, `group` at a time.
template <class Work>
void by_groups(std::int64_t images, int group, int threads, Work&& work) {
  const auto crew_size = static_cast<std::size_t>(std::min<std::int64_t>(threads, images));
  detail::crew(crew_size, [&](std::size_t w) {
    const auto begin = static_cast<std::int64_t>(w) * images / static_cast<std::int64_t>(crew_size),
               end = static_cast<std::int64_t>(w + 1) * images / static_cast<std::int64_t>(crew_size);
    for (std::int64_t first = begin; first < end; first += group)
      work(w, first, static_cast<int>(std::min<std::int64_t>(group, end - first)));
  });
}

int taps_of(const FusedConv& law) {
  int taps = 0;
  while (taps * taps < static_cast<int>(law.filter.size())) ++taps;
  return taps;
}
/// Of an image of x to the convolution's input, or, turned, the gradient of that to that of x.
template <class T>
void resample(const FusedConv& law, bool turned, int channels, const T* x, std::ptrdiff_t x_line, std::ptrdiff_t x_step,
              T* out, std::ptrdiff_t out_line, std::ptrdiff_t out_step) {
  const bool halves = (law.sides == Sides::half) != turned;
  const Resampling<T> r{x,
                        x_line,
                        x_step,
                        turned ? law.conv_height() : law.height,
                        turned ? law.conv_width() : law.width,
                        channels,
                        law.filter.data(),
                        taps_of(law),
                        law.sides == Sides::half ? 1.0f : 4.0f,
                        out,
                        out_line,
                        out_step};
  halves ? pointwise<T>().shrink(r) : pointwise<T>().grow(r);
}

/// A thread's own memory, kept between calls.
template <class T>
struct Scratch {
  std::vector<T> input, gradient, even, odd, pairs, inner, whole;
  std::vector<std::ptrdiff_t> where;
  std::vector<float> add;
};
template <class T>
Scratch<T>& scratch() {
  thread_local Scratch<T> s;
  return s;
}
/// At least `size` of them.
template <class V>
typename V::value_type* room(V& v, std::ptrdiff_t size) {
  if (v.size() < static_cast<std::size_t>(size)) v.resize(static_cast<std::size_t>(size));
  return v.data();
}
/// The same, all zero.
template <class V>
typename V::value_type* cleared(V& v, std::ptrdiff_t size) {
  auto* p = room(v, size);
  std::memset(static_cast<void*>(p), 0, static_cast<std::size_t>(size) * sizeof *p);
  return p;
}

/// Sums of all taps at each pixel of a group, tile by tile: done(first pixel, pixels, first column, columns, sums).
template <class T, class Done>
void convolve(const T* images, int group, const Geometry& g, const T* panels, int columns, Scratch<T>& s, Done&& done) {
  const auto taps = g.tap_offsets();
  const std::ptrdiff_t panel = std::ptrdiff_t{g.taps} * g.depth * kPanelColumns, pixels = group * g.pixels();
  std::ptrdiff_t* where = room(s.where, pixels + kTileRows);
  for (int n = 0, i = 0; n < group; ++n)
    for (int h = 0; h < g.height; ++h)
      for (int w = 0; w < g.width; ++w) where[i++] = n * g.size() + (std::ptrdiff_t{h} * g.line + w) * g.depth;
  for (int r = 0; r < kTileRows; ++r) where[pixels + r] = where[pixels - 1];  // rows beyond the last are not stored
  alignas(64) float sums[kTileRows * kTileColumns];
  RowProduct<T> product{
      .rows = {}, .taps = taps.data(), .tap_count = g.taps, .depth = g.depth, .panel_stride = panel, .out = sums};
  const auto& kernels = panel_kernels<T>();
  for (int c = 0; c < columns; c += kTileColumns) {
    product.panel = panels + c / kPanelColumns * panel;
    product.panels = columns - c > kPanelColumns ? 2 : 1;
    for (std::ptrdiff_t p = 0; p < pixels; p += kTileRows) {
      for (int r = 0; r < kTileRows; ++r) product.rows[r] = images + where[p + r];
      kernels.rows(product);
      done(p, static_cast<int>(std::min<std::ptrdiff_t>(kTileRows, pixels - p)), c, std::min(kTileColumns, columns - c),
           sums);
    }
  }
}

/// An image's values after norm, SiLU, dropout and resampling, to the convolution's input with its border of zeros.
template <class T>
void prepare(const Plan<T>& plan, const float* moments, const Pieces<const T>& x, const std::uint8_t* kept, T* out,
             Scratch<T>& s) {
  const FusedConv& law = plan.law;
  const Geometry& g = plan.input;
  const std::ptrdiff_t line = std::ptrdiff_t{g.line} * g.depth;
  if (law.sides != Sides::keep) {
    T* whole = room(s.whole, plan.pixels * plan.in);
    norm_forward<T>(law.norm, moments, x, kept, 1, plan.pixels, whole, 0, plan.in);
    resample(law, false, plan.in, whole, std::ptrdiff_t{law.width} * plan.in, std::ptrdiff_t{plan.in}, out + g.at(0, 0),
             line, std::ptrdiff_t{g.depth});
  } else {
    norm_forward<T>(law.norm, moments, x, kept, g.height, g.width, out + g.at(0, 0), line, g.depth);
  }
}

/// Adds a group's share of the gradient of the weights, [tap][in padded][out padded].
template <class T>
void add_weights(const Plan<T>& plan, const T* input, const T* gradient, int group, Scratch<T>& s, float* sums) {
  const Geometry &g = plan.input, &d = plan.gradient;
  ColumnProduct<T> product;
  product.lines = g.height;
  product.out_stride = plan.out_padded;
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
  for (int t = 0; t < g.taps; ++t) {
    const int side = 2 * g.pad + 1, y = t / side, x = t % side;
    const bool odd = kPair<T> == 2 && x == 1;
    product.left_image = odd ? odd_image : left_image;
    product.left_line = odd ? odd_line : left_line;
    const T* left = (odd ? left_odd : left_even) + y * product.left_line + (odd ? 0 : x * g.depth);
    for (int c = 0; c < plan.out_padded; c += kTileColumns) {
      product.panels = plan.out_padded - c > kPanelColumns ? 2 : 1;
      for (int i = 0; i < g.depth; i += kTileRows) {
        product.out = sums + (std::ptrdiff_t{t} * g.depth + i) * plan.out_padded + c;
        product.left = left + i * kPair<T>, product.right = right + c * kPair<T>;
        kernels.columns(product);
      }
    }
  }
}

/// [tap][in padded][out padded] of each thread, added up, to [out,in,kernel,kernel].
void unpack_weights(const std::vector<std::vector<float>>& parts, int out, int in, int taps, int in_padded,
                    int out_padded, float* to, int threads) {
  const auto blocks = static_cast<std::size_t>(out_padded / kPanelColumns);
  threads = detail::worthwhile(threads, 10.0 * taps * in_padded * out_padded);
  detail::share(threads, blocks, [&](std::size_t block) {
    const int first = static_cast<int>(block) * kPanelColumns, count = std::min(kPanelColumns, out - first);
    std::vector<float> sums(static_cast<std::size_t>(taps) * kPanelColumns);
    for (int i = 0; i < in; ++i) {
      for (int t = 0; t < taps; ++t) {
        const std::ptrdiff_t at = (std::ptrdiff_t{t} * in_padded + i) * out_padded + first;
        float* sum = sums.data() + t * kPanelColumns;
        std::copy_n(parts[0].data() + at, kPanelColumns, sum);
        for (std::size_t p = 1; p < parts.size(); ++p)
          for (int c = 0; c < kPanelColumns; ++c) sum[c] += parts[p][static_cast<std::size_t>(at + c)];
      }
      for (int c = 0; c < count; ++c)
        for (int t = 0; t < taps; ++t)
          to[(std::ptrdiff_t{first + c} * in + i) * taps + t] = sums[static_cast<std::size_t>(t * kPanelColumns + c)];
    }
  });
}

/// Sums over the images, in their order.
void add_up(const std::vector<float>& each, std::int64_t images, int size, float* to) {
  std::fill_n(to, size, 0.0f);
  for (std::int64_t n = 0; n < images; ++n)
    for (int c = 0; c < size; ++c) to[c] += each[static_cast<std::size_t>(n * size + c)];
}

/// A matrix [depth,columns] of each tap, value(column, k, tap), as panels; depth a multiple of kPair.
template <class T, class Value>
std::vector<T> panels_of(int columns, int depth, int taps, int threads, Value&& value) {
  const int wide = padded(columns, kPanelColumns);
  std::vector<T> packed(static_cast<std::size_t>(std::ptrdiff_t{wide} * depth * taps));
  threads = detail::worthwhile(threads, 10.0 * static_cast<double>(packed.size()));
  detail::share(threads, static_cast<std::size_t>(wide / kPanelColumns), [&](std::size_t block) {
    T* to = packed.data() + static_cast<std::ptrdiff_t>(block) * taps * depth * kPanelColumns;
    const int first = static_cast<int>(block) * kPanelColumns, count = std::min(kPanelColumns, columns - first);
    for (int t = 0; t < taps; ++t)
      for (int k = 0; k < depth; ++k)
        for (int c = 0; c < count; ++c)
          to[(std::ptrdiff_t{t} * depth + k / kPair<T> * kPair<T>)*kPanelColumns + c * kPair<T> + k % kPair<T>] =
              narrowed<T>(value(first + c, k, t));
  });
  return packed;
}

}  // namespace

template <class T>
std::vector<T> packed_weights(const float* weights, int out, int in, int kernel, int threads) {
  const int taps = kernel * kernel;
  return panels_of<T>(out, padded(in, kTileRows), taps, threads, [=](int o, int i, int t) {
    return i < in ? weights[(std::ptrdiff_t{o} * in + i) * taps + t] : 0.0f;
  });
}
template <class T>
std::vector<T> turned_weights(const float* weights, int out, int in, int kernel, int threads) {
  const int taps = kernel * kernel;
  return panels_of<T>(in, padded(out, kPanelColumns), taps, threads, [=](int i, int o, int t) {
    return o < out ? weights[(std::ptrdiff_t{o} * in + i) * taps + taps - 1 - t] : 0.0f;
  });
}

template <class T>
void fused_conv_forward(const FusedConv& law, const FusedConvForward<T>& at, int threads) {
  const Plan<T> plan(law);
  const Geometry& g = plan.input;
  threads = detail::worthwhile(threads, plan.operations());
  const int group = group_of(g, law.images, threads);
  by_groups(law.images, group, threads, [&](std::size_t, std::int64_t first, int count) {
    Scratch<T>& s = scratch<T>();
    T* input = cleared(s.input, count * g.size());
    float* add = room(s.add, count * plan.out);
    for (int n = 0; n < count; ++n) {
      const Pieces<const T> x = plan.image(at.x, first + n);
      float* moments = at.moments + 2 * (first + n) * law.norm.groups;
      if (law.norm.groups > 0) group_moments<T>(law.norm, x, plan.pixels, moments);
      std::uint8_t* kept = law.dropout.threshold > 0 ? at.kept + (first + n) * law.kept_bytes() : nullptr;
      if (kept)
        dropout_bits_cpu(kept, plan.pixels * plan.in, law.dropout.seed, law.dropout.index,
                         law.dropout.first_place + static_cast<std::uint32_t>(first + n), law.dropout.threshold);
      prepare(plan, moments, x, kept, input + n * g.size(), s);
      for (int c = 0; c < plan.out; ++c)
        add[n * plan.out + c] = (at.bias ? at.bias[c] : 0) + (at.shift ? at.shift[(first + n) * plan.out + c] : 0);
    }
    const std::ptrdiff_t place = first * g.pixels() * plan.out;
    const auto from = [&](auto* p, std::ptrdiff_t pixel, int c) {
      return p ? p + place + pixel * plan.out + c : nullptr;
    };
    convolve(input, count, g, at.weights, plan.out, s,
             [&](std::ptrdiff_t p, int rows, int c, int columns, float* sums) {
               FinishTile<T> f{sums,
                               rows,
                               columns,
                               {},
                               from(at.residual, p, c),
                               law.scale,
                               from(at.out, p, c),
                               from(at.wide_out, p, c),
                               plan.out};
               for (int r = 0; r < rows; ++r) f.add[r] = add + (p + r) / g.pixels() * plan.out + c;
               pointwise<T>().finish(f);
             });
  });
}

template <class T>
void fused_conv_backward(const FusedConv& law, const FusedConvBackward<T>& at, int threads) {
  const Plan<T> plan(law);
  const Geometry &g = plan.input, &d = plan.gradient;
  threads = detail::worthwhile(threads, 2 * plan.operations());
  const int group = group_of(g, law.images, threads);
  const auto crew_size = static_cast<std::size_t>(std::min<std::int64_t>(threads, law.images));
  std::vector<std::vector<float>> weights(crew_size);
  std::vector<float> columns(static_cast<std::size_t>(law.images * plan.out)),
      norm_weight(static_cast<std::size_t>(law.norm.groups > 0 ? law.images * plan.in : 0)),
      norm_bias(norm_weight.size());
  const auto kept_of = [&](std::int64_t n) {
    return law.dropout.threshold > 0 ? at.kept + n * law.kept_bytes() : nullptr;
  };
  by_groups(law.images, group, threads, [&](std::size_t w, std::int64_t first, int count) {
    Scratch<T>& s = scratch<T>();
    if (weights[w].empty())
      weights[w].resize(static_cast<std::size_t>(std::ptrdiff_t{g.taps} * g.depth * plan.out_padded));
    T *input = cleared(s.input, count * g.size()), *gradient = cleared(s.gradient, count * d.size());
    for (int n = 0; n < count; ++n) {
      prepare(plan, plan.moments(at.moments, first + n), plan.image(at.x, first + n), kept_of(first + n),
              input + n * g.size(), s);
      const std::ptrdiff_t place = (first + n) * g.pixels() * plan.out;
      pointwise<T>().border({at.grad + place, g.height, g.width, plan.out, law.scale,
                             gradient + n * d.size() + d.at(0, 0), std::ptrdiff_t{d.line} * d.depth, d.depth,
                             at.grad_residual ? at.grad_residual + place : nullptr,
                             columns.data() + (first + n) * plan.out});
    }
    add_weights(plan, input, gradient, count, s, weights[w].data());
    if (!at.weights) return;
    const std::ptrdiff_t size = g.pixels() * plan.in;
    T* inner = room(s.inner, count * size);
    convolve(gradient, count, d, at.weights, plan.in, s, [&](std::ptrdiff_t p, int rows, int c, int cols, float* sums) {
      pointwise<T>().finish({sums, rows, cols, {}, nullptr, 1, inner + p * plan.in + c, nullptr, plan.in});
    });
    for (int n = 0; n < count; ++n) {
      T* of_x = inner + n * size;
      if (law.sides != Sides::keep) {
        T* whole = room(s.whole, plan.pixels * plan.in);
        resample(law, true, plan.in, of_x, std::ptrdiff_t{g.width} * plan.in, std::ptrdiff_t{plan.in}, whole,
                 std::ptrdiff_t{law.width} * plan.in, std::ptrdiff_t{plan.in});
        of_x = whole;
      }
      Pieces<T> grad_x = at.grad_x;
      for (int part = 0; part < 2; ++part)
        if (grad_x.part[part]) grad_x.part[part] += (first + n) * plan.pixels * grad_x.channels[part];
      const std::ptrdiff_t row = law.norm.groups > 0 ? (first + n) * plan.in : 0;
      norm_backward<T>(law.norm, plan.moments(at.moments, first + n), plan.image(at.x, first + n), kept_of(first + n),
                       plan.pixels, of_x, grad_x, norm_weight.data() + row, norm_bias.data() + row);
    }
  });
  unpack_weights(weights, plan.out, plan.in, g.taps, g.depth, plan.out_padded, at.grad_weights, threads);
  add_up(columns, law.images, plan.out, at.grad_bias);
  if (at.grad_shift) std::copy(columns.begin(), columns.end(), at.grad_shift);
  if (law.norm.groups > 0) {
    add_up(norm_weight, law.images, plan.in, at.grad_norm_weight);
    add_up(norm_bias, law.images, plan.in, at.grad_norm_bias);
  }
}

#define DIFFMEM_DEFINE(T)                                                                 \
  template std::vector<T> packed_weights<T>(const float*, int, int, int, int);            \
  template std::vector<T> turned_weights<T>(const float*, int, int, int, int);            \
  template void fused_conv_forward<T>(const FusedConv&, const FusedConvForward<T>&, int); \
  template void fused_conv_backward<T>(const FusedConv&, const FusedConvBackward<T>&, int);
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
