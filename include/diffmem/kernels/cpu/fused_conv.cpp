// SPDX-License-Identifier: MIT
#include <diffmem/core/crew.hpp>
#include <diffmem/kernels/cpu/convolution.hpp>
#include <diffmem/kernels/cpu/pointwise.hpp>
#include <diffmem/kernels/cpu/room.hpp>
#include <diffmem/kernels/dropout.hpp>
#include <diffmem/kernels/fused_conv.hpp>

#include <algorithm>

namespace diffmem::kernels {
namespace {

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
        input(l.conv_height(), l.conv_width(), l.kernel, in, out, padded(in, kTileRows)),
        gradient(l.conv_height(), l.conv_width(), l.kernel, out, in, out_padded),
        pixels(std::ptrdiff_t{l.height} * l.width) {}
  Pieces<const T> image(const Pieces<const T>& x, std::int64_t n) const {
    Pieces<const T> at = x;
    for (int part = 0; part < 2; ++part)
      if (at.part[part]) at.part[part] += n * pixels * at.channels[part];
    return at;
  }
  const float* moments(const float* all, std::int64_t n) const { return all + 2 * n * law.norm.groups; }
  double operations() const {
    return 2.0 * static_cast<double>(law.images * input.pixels()) * input.products * input.depth * out_padded;
  }
};

/// Images done together: enough pixels for long sums, few enough to stay in the cache.
int group_of(const Geometry& g, std::int64_t images, int threads) {
  constexpr std::ptrdiff_t kPixels = 1024;
  const std::int64_t share = (images + threads - 1) / threads;
  return static_cast<int>(std::clamp<std::int64_t>(kPixels / g.pixels(), 1, std::max<std::int64_t>(share, 1)));
}

/// Threads that have images to do.
std::size_t crew_of(std::int64_t images, int threads) {
  return static_cast<std::size_t>(std::min<std::int64_t>(threads, images));
}

/// work(w, first, count) for a thread's share of the images, `group` at a time; w < crew_of().
template <class Work>
void by_groups(std::int64_t images, int group, int threads, Work&& work) {
  const std::size_t crew_size = crew_of(images, threads);
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
                        out_step,
                        turned ? law.height : law.conv_height(),
                        turned ? law.width : law.conv_width()};
  halves ? pointwise<T>().shrink(r) : pointwise<T>().grow(r);
}

/// Room for images of `channels`, 0 wherever they have no value.
template <class T>
T* bordered(std::vector<T>& v, int count, const Geometry& g, int channels) {
  if (channels < g.depth) return cleared(v, count * g.size());
  T* images = room(v, count * g.size());
  for (int n = 0; n < count; ++n) {
    T *image = images + n * g.size(), *from = image;
    for (int h = 0; h < g.height; ++h) {
      std::fill(from, image + g.at(h, 0), T{});
      from = image + g.at(h, g.width);
    }
    std::fill(from, image + g.size(), T{});
  }
  return images;
}

/// A thread's own memory, kept between calls.
template <class T>
struct Scratch {
  std::vector<T> input, gradient, inner, whole;
  std::vector<float> add;
};
template <class T>
Scratch<T>& scratch() {
  thread_local Scratch<T> s;
  return s;
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

/// Sums over the images, in their order.
void add_up(const std::vector<float>& each, std::int64_t images, int size, float* to) {
  std::fill_n(to, size, 0.0f);
  for (std::int64_t n = 0; n < images; ++n)
    for (int c = 0; c < size; ++c) to[c] += each[static_cast<std::size_t>(n * size + c)];
}

}  // namespace

template <class T>
void fused_conv_forward(const FusedConv& law, const FusedConvForward<T>& at, int threads) {
  const Plan<T> plan(law);
  const Geometry& g = plan.input;
  threads = detail::worthwhile(threads, plan.operations());
  const int group = group_of(g, law.images, threads);
  by_groups(law.images, group, threads, [&](std::size_t, std::int64_t first, int count) {
    Scratch<T>& s = scratch<T>();
    T* input = bordered(s.input, count, g, plan.in);
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
    const auto from = [&](auto* p) { return p ? p + place : nullptr; };
    convolve<T>(input, count, g, at.weights, plan.out,
                {add, from(at.residual), law.scale, from(at.out), from(at.wide_out)});
  });
}

template <class T>
void fused_conv_backward(const FusedConv& law, const FusedConvBackward<T>& at, int threads) {
  const Plan<T> plan(law);
  const Geometry &g = plan.input, &d = plan.gradient;
  threads = detail::worthwhile(threads, 2 * plan.operations());
  const int group = group_of(g, law.images, threads);
  std::vector<std::vector<float>> weights(crew_of(law.images, threads));
  std::vector<float> columns(static_cast<std::size_t>(law.images * plan.out)),
      norm_weight(static_cast<std::size_t>(law.norm.groups > 0 ? law.images * plan.in : 0)),
      norm_bias(norm_weight.size());
  const auto kept_of = [&](std::int64_t n) {
    return law.dropout.threshold > 0 ? at.kept + n * law.kept_bytes() : nullptr;
  };
  by_groups(law.images, group, threads, [&](std::size_t w, std::int64_t first, int count) {
    Scratch<T>& s = scratch<T>();
    T* gradient = bordered(s.gradient, count, d, plan.out);
    for (int n = 0; n < count; ++n) {
      const std::ptrdiff_t place = (first + n) * g.pixels() * plan.out;
      pointwise<T>().border({at.grad + place, g.height, g.width, plan.out, law.scale,
                             gradient + n * d.size() + d.at(0, 0), std::ptrdiff_t{d.line} * d.depth, d.depth,
                             at.grad_residual ? at.grad_residual + place : nullptr,
                             columns.data() + (first + n) * plan.out});
    }
    if (at.grad_weights) {
      weights[w].resize(static_cast<std::size_t>(std::ptrdiff_t{g.products} * g.depth * d.depth));
      T* input = bordered(s.input, count, g, plan.in);
      for (int n = 0; n < count; ++n)
        prepare(plan, plan.moments(at.moments, first + n), plan.image(at.x, first + n), kept_of(first + n),
                input + n * g.size(), s);
      add_weight_sums<T>(input, g, gradient, d, count, weights[w].data());
    }
    if (!at.weights) return;
    const std::ptrdiff_t size = g.pixels() * plan.in;
    T* inner = room(s.inner, count * size);
    convolve<T>(gradient, count, d, at.weights, plan.in, {.out = inner});
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
  if (at.grad_weights) weight_gradient(weights, g, d, plan.out, plan.in, at.grad_weights, threads);
  add_up(columns, law.images, plan.out, at.grad_bias);
  if (at.grad_shift) std::copy(columns.begin(), columns.end(), at.grad_shift);
  if (law.norm.groups > 0) {
    add_up(norm_weight, law.images, plan.in, at.grad_norm_weight);
    add_up(norm_bias, law.images, plan.in, at.grad_norm_bias);
  }
}

#define DIFFMEM_DEFINE(T)                                                                 \
  template void fused_conv_forward<T>(const FusedConv&, const FusedConvForward<T>&, int); \
  template void fused_conv_backward<T>(const FusedConv&, const FusedConvBackward<T>&, int);
DIFFMEM_DEFINE(float)
DIFFMEM_DEFINE(Bf16)
#undef DIFFMEM_DEFINE

}  // namespace diffmem::kernels
