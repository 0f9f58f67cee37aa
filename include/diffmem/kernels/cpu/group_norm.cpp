// SPDX-License-Identifier: MIT
#include <diffmem/kernels/clones.hpp>
#include <diffmem/kernels/cpu/lanes.hpp>
#include <diffmem/kernels/dropout.hpp>
#include <diffmem/kernels/group_norm.hpp>

#include <algorithm>
#include <cmath>

namespace diffmem::kernels {
namespace {

using namespace lanes;

// A function of several types, each compiled for every instruction set.
#define DIFFMEM_FOR_BOTH(define) define(float) define(Bf16)

/// Sums of x - x[first pixel] and of its square, channel by channel, to sum and square [channels].
template <class T>
DIFFMEM_INLINE void sums_body(const T* x, std::ptrdiff_t pixels, int channels, float* sum, float* square) {
  int c = 0;
  const auto block = [&]<int N>() __attribute__((always_inline)) {
    for (; c + N * kLanes <= channels; c += N * kLanes) {
      Lanes base[N], s[N] = {}, q[N] = {};
      for (int n = 0; n < N; ++n) base[n] = load(x + c + n * kLanes);
      const T* at = x + c;
      for (std::ptrdiff_t p = 0; p < pixels; ++p, at += channels)
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) {
          const Lanes d = load(at + n * kLanes) - base[n];
          s[n] += d, q[n] += d * d;
        }
      for (int n = 0; n < N; ++n) store(sum + c + n * kLanes, s[n]), store(square + c + n * kLanes, q[n]);
    }
  };
  block.template operator()<4>();
  block.template operator()<1>();
  for (; c < channels; ++c) {
    const float base = widened(x[c]);
    float s = 0, q = 0;
    for (std::ptrdiff_t p = 0; p < pixels; ++p) {
      const float d = widened(x[p * channels + c]) - base;
      s += d, q += d * d;
    }
    sum[c] = s, square[c] = q;
  }
}
#define DIFFMEM_DEFINE(T)                                                                                             \
  DIFFMEM_CLONES void sums(const T* x, std::ptrdiff_t pixels, int channels, float* sum, float* square) {              \
    sums_body(x, pixels, channels, sum, square);                                                                      \
  }
DIFFMEM_FOR_BOTH(DIFFMEM_DEFINE)
#undef DIFFMEM_DEFINE

/// out = mask * act(a x + b) for some pixels; a null: 1 and 0; mask null: 1.
template <class T, class U>
struct Forward {
  const T* x;
  std::ptrdiff_t pixels;
  int channels;
  const float *a, *b;
  bool silu;
  const float* mask;  // pixels mask_stride apart
  std::ptrdiff_t mask_stride;
  U* out;
  std::ptrdiff_t stride;
};
template <bool Silu, bool Masked, class T, class U>
DIFFMEM_INLINE void forward_body(const Forward<T, U>& f) {
  for (std::ptrdiff_t p = 0; p < f.pixels; ++p) {
    const T* x = f.x + p * f.channels;
    U* out = f.out + p * f.stride;
    for (int c = 0; c < f.channels; c += kLanes) {
      const int count = std::min(kLanes, f.channels - c);
      Lanes u = load(x + c, count);
      if (f.a) u = u * load(f.a + c, count) + load(f.b + c, count);
      if (Silu) u = u * sigmoid_of(u);
      if (Masked) u = u * load(f.mask + p * f.mask_stride + c, count);
      store(out + c, u, count);
    }
  }
}
template <class T, class U>
DIFFMEM_INLINE void forward_any(const Forward<T, U>& f) {
  if (f.silu)
    f.mask ? forward_body<true, true>(f) : forward_body<true, false>(f);
  else
    f.mask ? forward_body<false, true>(f) : forward_body<false, false>(f);
}
#define DIFFMEM_DEFINE(T) \
  DIFFMEM_CLONES void forward(const Forward<T, T>& f) { forward_any(f); }
DIFFMEM_FOR_BOTH(DIFFMEM_DEFINE)
#undef DIFFMEM_DEFINE

/// grad becomes that of u = a x + b; its sums, and those of it times xhat = rate x + shift.
template <class T>
struct Inner {
  const T* x;
  std::ptrdiff_t pixels;
  int channels;
  const float *a, *b, *rate, *shift;
  bool silu;
  const float* mask;
  std::ptrdiff_t mask_stride;
  T* grad;
  std::ptrdiff_t stride;
  float *sum, *slope;  // [channels], added to
};
template <bool Silu, bool Masked, class T>
DIFFMEM_INLINE void inner_body(const Inner<T>& f) {
  for (int c = 0; c < f.channels; c += kLanes) {
    const int count = std::min(kLanes, f.channels - c);
    const Lanes one = all(1.0f), none = all(0.0f);
    const Lanes a = f.a ? load(f.a + c, count) : one, b = f.a ? load(f.b + c, count) : none;
    const Lanes rate = f.rate ? load(f.rate + c, count) : none, shift = f.rate ? load(f.shift + c, count) : none;
    Lanes sum = load(f.sum + c, count), slope = load(f.slope + c, count);
    for (std::ptrdiff_t p = 0; p < f.pixels; ++p) {
      const Lanes x = load(f.x + p * f.channels + c, count);
      T* at = f.grad + p * f.stride + c;
      Lanes g = load(at, count);
      if (Masked) g = g * load(f.mask + p * f.mask_stride + c, count);
      if (Silu) {
        const Lanes u = a * x + b, s = sigmoid_of(u);
        g = g * (s * (1.0f + u * (1.0f - s)));
      }
      store(at, g, count);
      sum += g, slope += g * (rate * x + shift);
    }
    store(f.sum + c, sum, count), store(f.slope + c, slope, count);
  }
}
template <class T>
DIFFMEM_INLINE void inner_any(const Inner<T>& f) {
  if (f.silu)
    f.mask ? inner_body<true, true>(f) : inner_body<true, false>(f);
  else
    f.mask ? inner_body<false, true>(f) : inner_body<false, false>(f);
}
#define DIFFMEM_DEFINE(T) \
  DIFFMEM_CLONES void inner(const Inner<T>& f) { inner_any(f); }
DIFFMEM_FOR_BOTH(DIFFMEM_DEFINE)
#undef DIFFMEM_DEFINE

/// out = p grad + q x + r, channel by channel; q null: p grad.
template <class T>
struct Outer {
  const T *x, *grad;
  std::ptrdiff_t pixels, stride;  // of grad
  int channels;
  const float *p, *q, *r;
  T* out;
};
template <class T>
DIFFMEM_INLINE void outer_body(const Outer<T>& f) {
  for (std::ptrdiff_t i = 0; i < f.pixels; ++i)
    for (int c = 0; c < f.channels; c += kLanes) {
      const int count = std::min(kLanes, f.channels - c);
      Lanes g = load(f.grad + i * f.stride + c, count);
      if (f.p)
        g = g * load(f.p + c, count) +
            (load(f.x + i * f.channels + c, count) * load(f.q + c, count) + load(f.r + c, count));
      store(f.out + i * f.channels + c, g, count);
    }
}
#define DIFFMEM_DEFINE(T) \
  DIFFMEM_CLONES void outer(const Outer<T>& f) { outer_body(f); }
DIFFMEM_FOR_BOTH(DIFFMEM_DEFINE)
#undef DIFFMEM_DEFINE

/// Numbers of each channel, reused by a thread.
struct Numbers {
  std::vector<float> a, b, rate, shift, sum, square, p, q, r, mask;
  void fit(int channels) {
    for (auto* v : {&a, &b, &rate, &shift, &sum, &square, &p, &q, &r})
      if (v->size() < static_cast<std::size_t>(channels)) v->resize(static_cast<std::size_t>(channels));
  }
};
Numbers& numbers(int channels) {
  thread_local Numbers n;
  n.fit(channels);
  return n;
}

/// u = a x + b and xhat = rate x + shift, from an image's moments.
void lines_of(const NormLaw& law, const float* moments, Numbers& n) {
  const int size = law.channels / law.groups;
  for (int c = 0; c < law.channels; ++c) {
    const float mean = moments[2 * (c / size)], rate = moments[2 * (c / size) + 1];
    const auto i = static_cast<std::size_t>(c);
    n.rate[i] = rate, n.shift[i] = -mean * rate;
    n.a[i] = law.weight[c] * rate, n.b[i] = law.bias[c] - mean * n.a[i];
  }
}

// Pixels whose masks are made at a time: a multiple of 8, so that their values begin with a block of random numbers.
constexpr std::ptrdiff_t kMasked = 64;

/// visit(first, count, mask) for runs of pixels, with their dropout's mask or null.
template <class Visit>
void with_masks(const NormLaw& law, std::int64_t image, std::ptrdiff_t first, std::ptrdiff_t count, Numbers& n,
                Visit&& visit) {
  const DropoutLaw& d = law.dropout;
  if (d.threshold == 0) {
    visit(first, count, nullptr);
    return;
  }
  n.mask.resize(static_cast<std::size_t>(kMasked * law.channels));
  for (std::ptrdiff_t end = first + count; first < end;) {
    const std::ptrdiff_t begin = first / 8 * 8, until = std::min(end, begin + kMasked);
    dropout_mask_cpu(n.mask.data(), (until - begin) * law.channels, d.seed, d.index,
                     d.first_place + static_cast<std::uint32_t>(image), d.threshold, d.scale, begin * law.channels);
    visit(first, until - first, n.mask.data() + (first - begin) * law.channels);
    first = until;
  }
}

}  // namespace

template <class T>
void group_moments(const NormLaw& law, const Pieces<const T>& x, std::ptrdiff_t pixels, float* moments) {
  Numbers& n = numbers(law.channels);
  for (int part = 0, c = 0; part < 2 && x.channels[part] > 0; c += x.channels[part++])
    sums(x.part[part], pixels, x.channels[part], n.sum.data() + c, n.square.data() + c);
  const int size = law.channels / law.groups;
  const double count = static_cast<double>(pixels);
  const auto first = [&](int c) {
    return double{c < x.channels[0] ? widened(x.part[0][c]) : widened(x.part[1][c - x.channels[0]])};
  };
  for (int g = 0; g < law.groups; ++g) {
    double mean = 0, within = 0, between = 0;
    for (int c = g * size; c < (g + 1) * size; ++c) mean += first(c) + n.sum[static_cast<std::size_t>(c)] / count;
    mean /= size;
    for (int c = g * size; c < (g + 1) * size; ++c) {
      const double sum = n.sum[static_cast<std::size_t>(c)], off = first(c) + sum / count - mean;
      within += n.square[static_cast<std::size_t>(c)] - sum * sum / count;
      between += off * off;
    }
    const double variance = std::max(within, 0.0) / (count * size) + between / size;
    moments[2 * g] = static_cast<float>(mean);
    moments[2 * g + 1] = static_cast<float>(1 / std::sqrt(variance + law.eps));
    if (within != within) moments[2 * g + 1] = static_cast<float>(within);  // max() hides what is not a number
  }
}

template <class T, class U>
void norm_forward(const NormLaw& law, const float* moments, const Pieces<const T>& x, std::int64_t image,
                  std::ptrdiff_t first, std::ptrdiff_t count, U* out, std::ptrdiff_t stride) {
  Numbers& n = numbers(law.channels);
  if (law.groups > 0) lines_of(law, moments, n);
  const bool normed = law.groups > 0;
  with_masks(law, image, first, count, n, [&](std::ptrdiff_t begin, std::ptrdiff_t size, const float* mask) {
    for (int part = 0, c = 0; part < 2 && x.channels[part] > 0; c += x.channels[part++])
      forward(Forward<T, U>{x.part[part] + begin * x.channels[part], size, x.channels[part],
                            normed ? n.a.data() + c : nullptr, normed ? n.b.data() + c : nullptr, law.silu,
                            mask ? mask + c : nullptr, law.channels, out + (begin - first) * stride + c, stride});
  });
}

template <class T>
void norm_backward(const NormLaw& law, const float* moments, const Pieces<const T>& x, std::int64_t image,
                   std::ptrdiff_t pixels, T* grad, const Pieces<T>& grad_x, float* grad_weight, float* grad_bias) {
  Numbers& n = numbers(law.channels);
  const bool normed = law.groups > 0;
  if (normed) lines_of(law, moments, n);
  std::fill_n(n.sum.begin(), law.channels, 0.0f);
  std::fill_n(n.square.begin(), law.channels, 0.0f);
  if (normed || law.silu || law.dropout.threshold > 0)
    with_masks(law, image, 0, pixels, n, [&](std::ptrdiff_t begin, std::ptrdiff_t size, const float* mask) {
      for (int part = 0, c = 0; part < 2 && x.channels[part] > 0; c += x.channels[part++])
        inner(Inner<T>{x.part[part] + begin * x.channels[part], size, x.channels[part],
                       normed ? n.a.data() + c : nullptr, normed ? n.b.data() + c : nullptr,
                       normed ? n.rate.data() + c : nullptr, normed ? n.shift.data() + c : nullptr, law.silu,
                       mask ? mask + c : nullptr, law.channels, grad + begin * law.channels + c, law.channels,
                       n.sum.data() + c, n.square.data() + c});
    });
  if (normed) {
    const int size = law.channels / law.groups;
    const double count = static_cast<double>(pixels) * size;
    for (int g = 0; g < law.groups; ++g) {
      const double mean = moments[2 * g], rate = moments[2 * g + 1];
      double sum = 0, slope = 0;
      for (int c = g * size; c < (g + 1) * size; ++c) {
        sum += double{law.weight[c]} * n.sum[static_cast<std::size_t>(c)];
        slope += double{law.weight[c]} * n.square[static_cast<std::size_t>(c)];
      }
      for (int c = g * size; c < (g + 1) * size; ++c) {
        const auto i = static_cast<std::size_t>(c);
        n.p[i] = n.a[i];
        n.q[i] = static_cast<float>(-rate * rate * slope / count);
        n.r[i] = static_cast<float>(rate * (mean * rate * slope - sum) / count);
      }
    }
    std::copy_n(n.square.begin(), law.channels, grad_weight);
    std::copy_n(n.sum.begin(), law.channels, grad_bias);
  }
  for (int part = 0, c = 0; part < 2 && x.channels[part] > 0; c += x.channels[part++])
    if (grad_x.part[part])
      outer(Outer<T>{x.part[part], grad + c, pixels, law.channels, x.channels[part], normed ? n.p.data() + c : nullptr,
                     n.q.data() + c, n.r.data() + c, grad_x.part[part]});
}

#define DIFFMEM_DEFINE(T)                                                                                              \
  template void group_moments<T>(const NormLaw&, const Pieces<const T>&, std::ptrdiff_t, float*);                      \
  template void norm_forward<T, T>(const NormLaw&, const float*, const Pieces<const T>&, std::int64_t, std::ptrdiff_t, \
                                   std::ptrdiff_t, T*, std::ptrdiff_t);                                                \
  template void norm_backward<T>(const NormLaw&, const float*, const Pieces<const T>&, std::int64_t, std::ptrdiff_t,   \
                                 T*, const Pieces<T>&, float*, float*);
DIFFMEM_FOR_BOTH(DIFFMEM_DEFINE)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
