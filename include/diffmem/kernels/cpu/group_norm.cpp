// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cpu/pointwise.hpp>
#include <diffmem/kernels/group_norm.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace diffmem::kernels {
namespace {

/// Numbers of each channel, reused by a thread.
struct Numbers {
  std::vector<float> a, b, rate, shift, sum, square, q, r;
  void fit(int channels) {
    for (auto* v : {&a, &b, &rate, &shift, &sum, &square, &q, &r})
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
  for (int g = 0; g < law.groups; ++g) {
    const float mean = moments[2 * g], rate = moments[2 * g + 1];
    for (int c = g * size; c < (g + 1) * size; ++c) {
      const auto i = static_cast<std::size_t>(c);
      n.rate[i] = rate, n.shift[i] = -mean * rate;
      n.a[i] = law.weight[c] * rate, n.b[i] = law.bias[c] - mean * n.a[i];
    }
  }
}

/// visit(part, first channel) for each piece.
template <class P, class Visit>
void each_piece(const Pieces<P>& x, Visit&& visit) {
  for (int part = 0, c = 0; part < 2 && x.channels[part] > 0; c += x.channels[part++]) visit(part, c);
}

}  // namespace

template <class T>
void group_moments(const NormLaw& law, const Pieces<const T>& x, std::ptrdiff_t pixels, float* moments) {
  Numbers& n = numbers(law.channels);
  each_piece(x, [&](int part, int c) {
    pointwise<T>().sums(x.part[part], pixels, x.channels[part], n.sum.data() + c, n.square.data() + c);
  });
  const int size = law.channels / law.groups;
  const double count = static_cast<double>(pixels), share = 1 / count;
  const auto base = [&](int c) {
    const int part = c < x.channels[0] ? 0 : 1, at = part == 0 ? c : c - x.channels[0];
    return double{widened(x.part[part][pixels / 2 * x.channels[part] + at])};
  };
  for (int g = 0; g < law.groups; ++g) {
    double mean = 0, within = 0, between = 0;
    for (int c = g * size; c < (g + 1) * size; ++c) mean += base(c) + share * n.sum[static_cast<std::size_t>(c)];
    mean /= size;
    for (int c = g * size; c < (g + 1) * size; ++c) {
      const double sum = n.sum[static_cast<std::size_t>(c)], off = base(c) + share * sum - mean;
      within += n.square[static_cast<std::size_t>(c)] - share * sum * sum;
      between += off * off;
    }
    const double variance = (within < 0 ? 0 : within) / (count * size) + between / size;  // not a number stays one
    moments[2 * g] = static_cast<float>(mean);
    moments[2 * g + 1] = static_cast<float>(1 / std::sqrt(variance + law.eps));
  }
}

template <class T>
void norm_forward(const NormLaw& law, const float* moments, const Pieces<const T>& x, const std::uint8_t* kept,
                  std::ptrdiff_t lines, std::ptrdiff_t width, T* out, std::ptrdiff_t line, std::ptrdiff_t stride) {
  Numbers& n = numbers(law.channels);
  const bool normed = law.groups > 0;
  if (normed) lines_of(law, moments, n);
  each_piece(x, [&](int part, int c) {
    pointwise<T>().norm_forward({x.part[part],
                                 lines,
                                 width,
                                 x.channels[part],
                                 normed ? n.a.data() + c : nullptr,
                                 n.b.data() + c,
                                 law.silu,
                                 {kept, c, law.channels, law.keep_scale},
                                 out + c,
                                 line,
                                 stride});
  });
}

template <class T>
void norm_backward(const NormLaw& law, const float* moments, const Pieces<const T>& x, const std::uint8_t* kept,
                   std::ptrdiff_t pixels, T* grad, const Pieces<T>& grad_x, float* grad_weight, float* grad_bias) {
  Numbers& n = numbers(law.channels);
  const bool normed = law.groups > 0;
  if (normed) lines_of(law, moments, n);
  std::fill_n(n.sum.begin(), law.channels, 0.0f);
  std::fill_n(n.square.begin(), law.channels, 0.0f);
  if (normed || law.silu || kept)
    each_piece(x, [&](int part, int c) {
      const auto at = [&](const std::vector<float>& v) { return normed ? v.data() + c : nullptr; };
      pointwise<T>().norm_inner({x.part[part],
                                 pixels,
                                 x.channels[part],
                                 at(n.a),
                                 at(n.b),
                                 at(n.rate),
                                 at(n.shift),
                                 law.silu,
                                 {kept, c, law.channels, law.keep_scale},
                                 grad + c,
                                 law.channels,
                                 n.sum.data() + c,
                                 n.square.data() + c});
    });
  if (normed) {
    const int size = law.channels / law.groups;
    const double share = 1 / (static_cast<double>(pixels) * size);
    for (int g = 0; g < law.groups; ++g) {
      const double mean = moments[2 * g], rate = moments[2 * g + 1];
      double sum = 0, slope = 0;
      for (int c = g * size; c < (g + 1) * size; ++c) {
        sum += double{law.weight[c]} * n.sum[static_cast<std::size_t>(c)];
        slope += double{law.weight[c]} * n.square[static_cast<std::size_t>(c)];
      }
      const auto q = static_cast<float>(-rate * rate * slope * share),
                 r = static_cast<float>(rate * (mean * rate * slope - sum) * share);
      std::fill_n(n.q.begin() + g * size, size, q);
      std::fill_n(n.r.begin() + g * size, size, r);
    }
    std::copy_n(n.square.begin(), law.channels, grad_weight);
    std::copy_n(n.sum.begin(), law.channels, grad_bias);
  }
  each_piece(x, [&](int part, int c) {
    if (grad_x.part[part])
      pointwise<T>().norm_outer({x.part[part], grad + c, pixels, law.channels, x.channels[part],
                                 normed ? n.a.data() + c : nullptr, n.q.data() + c, n.r.data() + c, grad_x.part[part]});
  });
}

#define DIFFMEM_DEFINE(T)                                                                                   \
  template void group_moments<T>(const NormLaw&, const Pieces<const T>&, std::ptrdiff_t, float*);           \
  template void norm_forward<T>(const NormLaw&, const float*, const Pieces<const T>&, const std::uint8_t*,  \
                                std::ptrdiff_t, std::ptrdiff_t, T*, std::ptrdiff_t, std::ptrdiff_t);        \
  template void norm_backward<T>(const NormLaw&, const float*, const Pieces<const T>&, const std::uint8_t*, \
                                 std::ptrdiff_t, T*, const Pieces<T>&, float*, float*);
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
