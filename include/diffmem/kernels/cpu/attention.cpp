// SPDX-License-Identifier: MIT
#include <diffmem/core/crew.hpp>
#include <diffmem/kernels/attention.hpp>
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/cpu/pointwise.hpp>
#include <diffmem/kernels/cpu/room.hpp>
#include <diffmem/kernels/panels.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace diffmem::kernels {
namespace {

/// Rows of values, `stride` values from one to the next.
template <class T>
struct Rows {
  const T* data;
  int count, width;
  std::ptrdiff_t stride;
};

/// Asks for the rows before they are read one by one.  Inline: a call would be left out, as one that does nothing.
template <class T>
DIFFMEM_INLINE void fetch(const Rows<T>& x) {
  constexpr int kLine = 64 / sizeof(T);
  for (int i = 0; i < x.count; ++i)
    for (int k = 0; k < x.width; k += kLine) __builtin_prefetch(x.data + i * x.stride + k);
}
/// Panels whose columns are the rows: of x^T, [width,columns].  Columns beyond the last hold anything finite.
template <class T>
void panels_of_rows(const Rows<T>& x, int columns, std::vector<T>& to) {
  constexpr int pair = kPair<T>;
  T* panels = room(to, std::ptrdiff_t{columns} * x.width);
  for (int first = 0; first < columns; first += kPanelColumns)
    for (int c = 0; c < kPanelColumns; ++c) {
      const T* row = x.data + std::min(first + c, x.count - 1) * x.stride;
      T* panel = panels + std::ptrdiff_t{first} * x.width + c * pair;
      for (int k = 0; k < x.width; k += pair, panel += kPanelColumns * pair)
        std::memcpy(panel, row + k, pair * sizeof(T));
    }
}
/// Panels whose columns are the rows' values: of x, [depth,width], 0 beyond the last row.
template <class T>
void panels_of_values(const Rows<T>& x, int depth, std::vector<T>& to) {
  constexpr int pair = kPair<T>;
  const int columns = padded(x.width, kPanelColumns);
  T* panels = room(to, std::ptrdiff_t{columns} * depth);
  for (int first = 0; first < columns; first += kPanelColumns) {
    T* panel = panels + std::ptrdiff_t{first} * depth;
    const int count = std::min(kPanelColumns, x.width - first);
    int k = 0;
    if (pair == 2 && count == kPanelColumns) {
      k = x.count / 2 * 2;
      pointwise<T>().interleave(x.data + first, x.stride, k / 2, kPanelColumns, panel);
      panel += std::ptrdiff_t{k} * kPanelColumns;
    }
    for (; k < depth; k += pair, panel += kPanelColumns * pair)
      for (int i = 0; i < pair; ++i) {
        const T* row = x.data + (k + i) * x.stride + first;
        for (int c = 0; c < count; ++c) panel[c * pair + i] = k + i < x.count ? row[c] : T{};
        for (int c = count; c < kPanelColumns; ++c) panel[c * pair + i] = T{};
      }
  }
}
/// The rows in pairs side by side (bf16) or as they are, padded with zeros: [count/pair][wide][pair].
template <class T>
void pairs_of(const Rows<T>& x, int wide, int count, std::vector<T>& to) {
  constexpr int pair = kPair<T>;
  T* out = room(to, std::ptrdiff_t{wide} * count);
  int k = 0;
  if (pair == 2 && x.width == wide) {
    k = x.count / 2 * 2;
    pointwise<T>().interleave(x.data, x.stride, k / 2, wide, out);
  }
  for (; k < count; ++k)
    for (int c = 0; c < wide; ++c)
      out[std::ptrdiff_t{k / pair * pair} * wide + c * pair + k % pair] =
          k < x.count && c < x.width ? x.data[k * x.stride + c] : T{};
}

/// Eight rows times panels, of depth rows.width: [8][stride] sums, as many columns as panels have.
template <class T>
void multiply(const Rows<T>& rows, int first, const std::vector<T>& panels, int columns, float* out,
              std::ptrdiff_t stride) {
  const std::ptrdiff_t none = 0, panel = std::ptrdiff_t{rows.width} * kPanelColumns;
  RowProduct<T> p{.rows = {}, .taps = &none, .depth = rows.width, .panel_stride = panel, .out_stride = stride};
  for (int i = 0; i < kTileRows; ++i) p.rows[i] = rows.data + std::min(first + i, rows.count - 1) * rows.stride;
  for (int c = 0; c < columns; c += kTileColumns) {
    p.panel = panels.data() + c / kPanelColumns * panel;
    p.panels = columns - c > kPanelColumns ? 2 : 1;
    p.out = out + c;
    panel_kernels<T>().rows(p);
  }
}

/// [wide][columns] = left^T right, both as pairs_of() makes them, of `count` rows.
template <class T>
void multiply_columns(const std::vector<T>& left, int wide, const std::vector<T>& right, int columns, int count,
                      std::vector<float>& out) {
  std::fill_n(room(out, std::ptrdiff_t{wide} * columns), std::ptrdiff_t{wide} * columns, 0.0f);
  ColumnProduct<T> p;
  p.left_step = std::ptrdiff_t{wide} * kPair<T>, p.right_step = std::ptrdiff_t{columns} * kPair<T>;
  p.count = count / kPair<T>, p.out_stride = columns;
  for (int c = 0; c < columns; c += kTileColumns) {
    p.panels = columns - c > kPanelColumns ? 2 : 1;
    for (int i = 0; i < wide; i += kTileRows) {
      p.left = left.data() + i * kPair<T>, p.right = right.data() + c * kPair<T>;
      p.out = out.data() + std::ptrdiff_t{i} * columns + c;
      panel_kernels<T>().columns(p);
    }
  }
}

/// A thread's memory for one head of one image.
template <class T>
struct Head {
  std::vector<T> keys, values, by_keys, weights, products, left, right;
  std::vector<float> logits, grads, sums, shares;
};

template <class T, class Work>
void by_heads(const AttentionLaw& law, int threads, Work&& work) {
  const auto heads = static_cast<double>(law.images * law.heads);
  threads = detail::worthwhile(threads, 4 * heads * law.pixels * law.pixels * law.channels);
  detail::share(threads, static_cast<std::size_t>(law.images * law.heads), [&](std::size_t i) {
    thread_local Head<T> memory;
    const auto image = static_cast<std::int64_t>(i) / law.heads, head = static_cast<std::int64_t>(i) % law.heads;
    work(image * law.pixels * law.heads + head, memory);
  });
}

/// Weights of eight rows over all keys, not yet divided by their sums, to `weights` [8][wide].
template <class T>
void weigh(const Rows<T>& q, int first, int wide, Head<T>& h, T* weights, float* shares) {
  const float rate = 1 / std::sqrt(static_cast<float>(q.width));
  float* logits = room(h.logits, std::ptrdiff_t{kTileRows} * wide);
  multiply(q, first, h.keys, wide, logits, wide);
  for (int i = 0; i < std::min(kTileRows, q.count - first); ++i)
    shares[i] = 1 / pointwise<T>().weigh(logits + std::ptrdiff_t{i} * wide, q.count, wide, rate,
                                         weights + std::ptrdiff_t{i} * wide);
}

}  // namespace

template <class T>
void attention_forward(const AttentionLaw& law, const T* qkv, T* a, int threads) {
  const int n = law.pixels, c = law.channels, wide = padded(n, kTileColumns), columns = padded(c, kTileColumns);
  const std::ptrdiff_t line = std::ptrdiff_t{3} * c * law.heads, out_line = std::ptrdiff_t{c} * law.heads;
  by_heads<T>(law, threads, [&](std::int64_t at, Head<T>& h) {
    const T* q = qkv + at * 3 * c;
    const Rows<T> queries{q, n, c, line};
    fetch<T>({q, n, 3 * c, line});
    panels_of_rows<T>({q + c, n, c, line}, wide, h.keys);
    panels_of_values<T>({q + 2 * c, n, c, line}, wide, h.values);
    T* weights = room(h.weights, std::ptrdiff_t{kTileRows} * wide);
    float* sums = room(h.sums, std::ptrdiff_t{kTileRows} * columns);
    float shares[kTileRows];
    for (int p = 0; p < n; p += kTileRows) {
      weigh(queries, p, wide, h, weights, shares);
      const int rows = std::min(kTileRows, n - p);
      multiply<T>({weights, rows, wide, wide}, 0, h.values, c, sums, columns);
      for (int i = 0; i < rows; ++i)
        pointwise<T>().narrow(sums + std::ptrdiff_t{i} * columns, c, shares[i], a + at * c + (p + i) * out_line);
    }
  });
}

template <class T>
void attention_backward(const AttentionLaw& law, const T* qkv, const T* grad_a, T* grad_qkv, int threads) {
  const int n = law.pixels, c = law.channels, wide = padded(n, kTileColumns), columns = padded(c, kTileColumns);
  const int even = padded(n, kPair<T>);
  const std::ptrdiff_t line = std::ptrdiff_t{3} * c * law.heads;
  const float rate = 1 / std::sqrt(static_cast<float>(c));
  by_heads<T>(law, threads, [&](std::int64_t at, Head<T>& h) {
    const T* q = qkv + at * 3 * c;
    T* grad_q = grad_qkv + at * 3 * c;
    const Rows<T> queries{q, n, c, line}, keys{q + c, n, c, line},
        grads{grad_a + at * c, n, c, std::ptrdiff_t{c} * law.heads};
    panels_of_rows(keys, wide, h.keys);
    panels_of_rows<T>({q + 2 * c, n, c, line}, wide, h.values);
    panels_of_values(keys, wide, h.by_keys);
    T *weights = room(h.weights, std::ptrdiff_t{even} * wide),
      *products = room(h.products, std::ptrdiff_t{even} * wide);
    float *of_weights = room(h.grads, std::ptrdiff_t{kTileRows} * wide),
          *sums = room(h.sums, std::ptrdiff_t{kTileRows} * columns);
    float shares[kTileRows];
    for (int p = 0; p < n; p += kTileRows) {
      const int rows = std::min(kTileRows, n - p);
      T *w = weights + std::ptrdiff_t{p} * wide, *g = products + std::ptrdiff_t{p} * wide;
      weigh(queries, p, wide, h, w, shares);
      multiply(grads, p, h.values, wide, of_weights, wide);
      for (int i = 0; i < rows; ++i)
        pointwise<T>().weigh_back(w + std::ptrdiff_t{i} * wide, shares[i], of_weights + std::ptrdiff_t{i} * wide, n,
                                  wide, rate, g + std::ptrdiff_t{i} * wide);
      multiply<T>({g, rows, wide, wide}, 0, h.by_keys, c, sums, columns);  // of q: that of the products times k
      for (int i = 0; i < rows; ++i)
        pointwise<T>().narrow(sums + std::ptrdiff_t{i} * columns, c, 1, grad_q + (p + i) * line);
    }
    // Of v: weights^T grad.  Of k: the products' transposed times q.
    const auto put = [&](const T* left, const Rows<T>& right, T* to) {
      pairs_of<T>({left, n, wide, wide}, wide, even, h.left);
      pairs_of(right, columns, even, h.right);
      multiply_columns(h.left, wide, h.right, columns, even, h.sums);
      for (int p = 0; p < n; ++p)
        pointwise<T>().narrow(h.sums.data() + std::ptrdiff_t{p} * columns, c, 1, to + p * line);
    };
    put(weights, grads, grad_q + 2 * c);
    put(products, queries, grad_q + c);
  });
}

#define DIFFMEM_DEFINE(T)                                                     \
  template void attention_forward<T>(const AttentionLaw&, const T*, T*, int); \
  template void attention_backward<T>(const AttentionLaw&, const T*, const T*, T*, int);
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
