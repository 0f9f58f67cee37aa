// SPDX-License-Identifier: MIT
#include <diffmem/core/crew.hpp>
#include <diffmem/core/round_up.hpp>
#include <diffmem/kernels/attention.hpp>
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/cpu/lanes.hpp>
#include <diffmem/kernels/panels.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace diffmem::kernels {
namespace {

using namespace lanes;

int padded(int n, int to) { return static_cast<int>(round_up(static_cast<std::size_t>(n), static_cast<std::size_t>(to))); }

/// Rows of values, `stride` values from one to the next.
template <class T>
struct Rows {
  const T* data;
  int count, width;
  std::ptrdiff_t stride;
};

/// Panels whose columns are the rows: of x^T, [width,count].
template <class T>
void panels_of_rows(const Rows<T>& x, std::vector<T>& to) {
  constexpr int pair = kPair<T>;
  const int columns = padded(x.count, kPanelColumns);
  to.assign(static_cast<std::size_t>(columns) * static_cast<std::size_t>(x.width), T{});
  for (int c = 0; c < x.count; ++c) {
    T* panel = to.data() + std::ptrdiff_t{c / kPanelColumns} * kPanelColumns * x.width + c % kPanelColumns * pair;
    const T* row = x.data + c * x.stride;
    for (int k = 0; k < x.width; k += pair)
      for (int i = 0; i < pair; ++i) panel[std::ptrdiff_t{k} * kPanelColumns + i] = row[k + i];
  }
}
/// Panels whose columns are the rows' values: of x, [count up to an even number,width].
template <class T>
void panels_of_values(const Rows<T>& x, int depth, std::vector<T>& to) {
  constexpr int pair = kPair<T>;
  const int columns = padded(x.width, kPanelColumns);
  to.assign(static_cast<std::size_t>(columns) * static_cast<std::size_t>(depth), T{});
  for (int k = 0; k < x.count; ++k)
    for (int c = 0; c < x.width; ++c)
      to[static_cast<std::size_t>((std::ptrdiff_t{c / kPanelColumns} * depth + k / pair * pair) * kPanelColumns +
                                  c % kPanelColumns * pair + k % pair)] = x.data[k * x.stride + c];
}
/// The same rows in pairs side by side, [count/2][width padded to `wide`][2]; or as they are, padded.
template <class T>
void pairs_of(const Rows<T>& x, int wide, int count, std::vector<T>& to) {
  constexpr int pair = kPair<T>;
  to.assign(static_cast<std::size_t>(wide) * static_cast<std::size_t>(count), T{});
  for (int k = 0; k < x.count; ++k)
    for (int c = 0; c < x.width; ++c)
      to[static_cast<std::size_t>(std::ptrdiff_t{k / pair * pair} * wide + c * pair + k % pair)] =
          x.data[k * x.stride + c];
}

/// out [count][columns] = rows times panels, of depth rows.width.
template <class T, class U>
void multiply(const Rows<T>& rows, const std::vector<T>& panels, int columns, U* out, std::ptrdiff_t stride) {
  const std::ptrdiff_t none = 0;
  alignas(64) float sums[kTileRows * kTileColumns];
  RowProduct<T> p{.rows = {}, .taps = &none, .depth = rows.width,
                  .panel_stride = std::ptrdiff_t{rows.width} * kPanelColumns, .out = sums};
  for (int c = 0; c < columns; c += kTileColumns) {
    p.panel = panels.data() + std::ptrdiff_t{c} * rows.width;
    p.panels = columns - c > kPanelColumns ? 2 : 1;
    const int width = std::min(kTileColumns, columns - c);
    for (int r = 0; r < rows.count; r += kTileRows) {
      for (int i = 0; i < kTileRows; ++i) p.rows[i] = rows.data + std::min(r + i, rows.count - 1) * rows.stride;
      panel_kernels<T>().rows(p);
      for (int i = 0; i < std::min(kTileRows, rows.count - r); ++i)
        for (int k = 0; k < width; ++k) out[(r + i) * stride + c + k] = narrowed<U>(sums[i * kTileColumns + k]);
    }
  }
}

/// out [wide][columns] = left^T right, both as pairs_of() makes them, of `count` rows.
template <class T>
void multiply_columns(const std::vector<T>& left, int wide, const std::vector<T>& right, int columns, int count,
                      std::vector<float>& out) {
  out.assign(static_cast<std::size_t>(wide) * static_cast<std::size_t>(columns), 0.0f);
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

/// Logits of a row become weights.
DIFFMEM_CLONES void softmax(float* row, int count, float rate) {
  const Lanes none = all(-std::numeric_limits<float>::infinity());
  Lanes most = none;
  int k = 0;
  for (; k + kLanes <= count; k += kLanes) {
    const Lanes x = load(row + k);
    most = x > most ? x : most;
  }
  float top = most[0];
  for (int i = 1; i < kLanes; ++i) top = std::max(top, most[i]);
  for (; k < count; ++k) top = std::max(top, row[k]);
  Lanes sum = {};
  for (k = 0; k < count; k += kLanes) {
    const int n = std::min(kLanes, count - k);
    Lanes e = exp_of((load(row + k, n) - top) * rate);
    if (n < kLanes)
      for (int i = n; i < kLanes; ++i) e[i] = 0;
    sum += e;
    store(row + k, e, n);
  }
  const float share = 1 / sum_of(sum);
  for (k = 0; k < count; k += kLanes) {
    const int n = std::min(kLanes, count - k);
    store(row + k, load(row + k, n) * share, n);
  }
}

/// grad of a row's weights becomes that of its products: w (g - sum w g) rate.
DIFFMEM_CLONES void softmax_backward(const float* weight, float* grad, int count, float rate) {
  Lanes sum = {};
  for (int k = 0; k < count; k += kLanes) {
    const int n = std::min(kLanes, count - k);
    sum += load(weight + k, n) * load(grad + k, n);
  }
  const float mean = sum_of(sum);
  for (int k = 0; k < count; k += kLanes) {
    const int n = std::min(kLanes, count - k);
    store(grad + k, load(weight + k, n) * (load(grad + k, n) - mean) * rate, n);
  }
}
#define DIFFMEM_DEFINE(T)                                                          \
  DIFFMEM_CLONES void narrow(const float* from, std::ptrdiff_t count, T* to) {     \
    for (std::ptrdiff_t i = 0; i < count; i += kLanes) {                           \
      const int n = static_cast<int>(std::min<std::ptrdiff_t>(kLanes, count - i)); \
      store(to + i, load(from + i, n), n);                                         \
    }                                                                              \
  }
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

/// A thread's memory for one head of one image.
template <class T>
struct Head {
  std::vector<T> keys, values, weights, narrow_grad, left, right;
  std::vector<float> wide, grad, sums;
};
template <class T>
Head<T>& head_memory() {
  thread_local Head<T> h;
  return h;
}

/// The weights of all pixels over all keys, [pixels][padded pixels], in float32 and narrowed.
template <class T>
void weigh(const Rows<T>& q, const Rows<T>& k, int wide, Head<T>& h) {
  const auto size = static_cast<std::size_t>(q.count) * static_cast<std::size_t>(wide);
  h.wide.assign(size, 0.0f);
  h.weights.resize(size);
  panels_of_rows(k, h.keys);
  multiply(q, h.keys, k.count, h.wide.data(), wide);
  const float rate = 1 / std::sqrt(static_cast<float>(q.width));
  for (int p = 0; p < q.count; ++p) softmax(h.wide.data() + std::ptrdiff_t{p} * wide, k.count, rate);
  narrow(h.wide.data(), static_cast<std::ptrdiff_t>(size), h.weights.data());
}

template <class T, class Work>
void by_heads(const AttentionLaw& law, int threads, Work&& work) {
  const auto heads = static_cast<double>(law.images * law.heads);
  threads = detail::worthwhile(threads, 4 * heads * law.pixels * law.pixels * law.channels);
  detail::share(threads, static_cast<std::size_t>(law.images * law.heads), [&](std::size_t i) {
    const auto image = static_cast<std::int64_t>(i) / law.heads, head = static_cast<std::int64_t>(i) % law.heads;
    work(image * law.pixels * law.heads + head, head_memory<T>());
  });
}

}  // namespace

template <class T>
void attention_forward(const AttentionLaw& law, const T* qkv, T* a, int threads) {
  const int n = law.pixels, c = law.channels, wide = padded(n, kPanelColumns);
  const std::ptrdiff_t line = std::ptrdiff_t{3} * c * law.heads;
  by_heads<T>(law, threads, [&](std::int64_t at, Head<T>& h) {
    const T* q = qkv + at * 3 * c;
    weigh<T>({q, n, c, line}, {q + c, n, c, line}, wide, h);
    panels_of_values<T>({q + 2 * c, n, c, line}, wide, h.values);
    multiply<T>({h.weights.data(), n, wide, wide}, h.values, c, a + at * c, std::ptrdiff_t{c} * law.heads);
  });
}

template <class T>
void attention_backward(const AttentionLaw& law, const T* qkv, const T* grad_a, T* grad_qkv, int threads) {
  const int n = law.pixels, c = law.channels, wide = padded(n, kPanelColumns), columns = padded(c, kPanelColumns);
  const int even = padded(n, kPair<T>);
  const std::ptrdiff_t line = std::ptrdiff_t{3} * c * law.heads;
  by_heads<T>(law, threads, [&](std::int64_t at, Head<T>& h) {
    const T* q = qkv + at * 3 * c;
    T* grad_q = grad_qkv + at * 3 * c;
    const Rows<T> queries{q, n, c, line}, keys{q + c, n, c, line}, values{q + 2 * c, n, c, line},
        grads{grad_a + at * c, n, c, std::ptrdiff_t{c} * law.heads};
    weigh<T>(queries, keys, wide, h);
    const auto put = [&](T* to) {  // h.sums [wide][columns] to rows of grad_qkv
      for (int p = 0; p < n; ++p)
        for (int i = 0; i < c; ++i)
          to[p * line + i] = narrowed<T>(h.sums[static_cast<std::size_t>(std::ptrdiff_t{p} * columns + i)]);
    };
    // v: weights^T grad.
    pairs_of<T>({h.weights.data(), n, wide, wide}, wide, even, h.left);
    pairs_of<T>(grads, columns, even, h.right);
    multiply_columns(h.left, wide, h.right, columns, even, h.sums);
    put(grad_q + 2 * c);
    // The products q k.
    h.grad.assign(h.wide.size(), 0.0f);
    panels_of_rows(values, h.values);
    multiply(grads, h.values, n, h.grad.data(), wide);
    const float rate = 1 / std::sqrt(static_cast<float>(c));
    for (int p = 0; p < n; ++p)
      softmax_backward(h.wide.data() + std::ptrdiff_t{p} * wide, h.grad.data() + std::ptrdiff_t{p} * wide, n, rate);
    h.narrow_grad.resize(h.grad.size());
    narrow(h.grad.data(), static_cast<std::ptrdiff_t>(h.grad.size()), h.narrow_grad.data());
    // q: products' grad times k.  k: its transpose times q.
    panels_of_values(keys, wide, h.keys);
    multiply<T>({h.narrow_grad.data(), n, wide, wide}, h.keys, c, grad_q, line);
    pairs_of<T>({h.narrow_grad.data(), n, wide, wide}, wide, even, h.left);
    pairs_of<T>(queries, columns, even, h.right);
    multiply_columns(h.left, wide, h.right, columns, even, h.sums);
    put(grad_q + c);
  });
}

#define DIFFMEM_DEFINE(T)                                                                             \
  template void attention_forward<T>(const AttentionLaw&, const T*, T*, int);                         \
  template void attention_backward<T>(const AttentionLaw&, const T*, const T*, T*, int);
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
