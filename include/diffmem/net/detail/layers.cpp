// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/net/detail/checkpoint.hpp>
#include <diffmem/net/detail/cuda_layers.hpp>
#include <diffmem/net/detail/fused.hpp>
#include <diffmem/net/layers.hpp>

#include <ATen/ops/avg_pool2d_ops.h>
#include <ATen/ops/bmm_ops.h>
#include <ATen/ops/conv2d_ops.h>
#include <ATen/ops/conv_transpose2d_ops.h>
#include <ATen/ops/group_norm_ops.h>
#include <ATen/ops/linear_ops.h>
#include <ATen/ops/silu_ops.h>
#include <ATen/ops/upsample_nearest2d_ops.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem {
namespace {

constexpr double kGroupNormEps = 1e-6;
const double kHalfSqrt = std::sqrt(0.5);

using SymInts = std::vector<c10::SymInt>;

Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor& bias, std::int64_t padding,
                std::int64_t stride = 1, std::int64_t groups = 1) {
  return at::_ops::conv2d::call(x, weight, bias.defined() ? std::optional<Tensor>(bias) : std::nullopt,
                                SymInts{stride, stride}, SymInts{padding, padding}, SymInts{1, 1}, groups);
}

bool is_box(const std::vector<int>& taps) { return taps == std::vector<int>{1, 1}; }

/// The [1,1,taps,taps] filter outer(f,f)/sum(f)^2.
Tensor make_filter(const std::vector<int>& taps) {
  double sum = 0;
  for (const int t : taps) sum += t;
  std::vector<float> values;
  for (const int a : taps)
    for (const int b : taps) values.push_back(static_cast<float>(a * b / (sum * sum)));
  const auto n = static_cast<std::int64_t>(taps.size());
  return tensor_of(std::span<const float>(values), {1, 1, n, n});
}

/// Doubles the sides.  `padding` trims the filter's overhang; [1,1] is nearest-neighbour.
Tensor upsample(const Tensor& x, const Tensor& filter, std::int64_t padding, bool box) {
  if (box && padding == 0)
    return at::_ops::upsample_nearest2d::call(x, SymInts{x.size(2) * 2, x.size(3) * 2}, std::nullopt, std::nullopt);
  const std::int64_t c = x.size(1);
  const Tensor depthwise = (filter * 4.0).to(x.scalar_type()).repeat({c, 1, 1, 1});
  return at::_ops::conv_transpose2d_input::call(x, depthwise, std::nullopt, SymInts{2, 2}, SymInts{padding, padding},
                                                SymInts{0, 0}, c, SymInts{1, 1});
}

/// Halves the sides; [1,1] is the mean of 2x2.
Tensor downsample(const Tensor& x, const Tensor& filter, std::int64_t padding, bool box) {
  if (box && padding == 0) return at::_ops::avg_pool2d::call(x, {2, 2}, {2, 2}, {0, 0}, false, true, std::nullopt);
  const std::int64_t c = x.size(1);
  return convolve(x, filter.to(x.scalar_type()).repeat({c, 1, 1, 1}), {}, padding, 2, c);
}

}  // namespace

Tensor silu(const Tensor& x) { return at::_ops::silu::call(x); }

Linear::Linear(Leaves& leaves, const std::string& name, int in, int out, bool with_bias)
    : weight(leaves.add(name + ".weight", {out, in}, {.fan_in = double(in), .fan_out = double(out), .gain = 1})) {
  if (with_bias) bias = leaves.add(name + ".bias", {out}, {.fan_in = double(in), .fan_out = double(out)});
}

Tensor Linear::operator()(const Tensor& x) const {
  const Span span("linear", {}, [&] {
    const auto rows = static_cast<double>(x.size(0));
    return Work{rows * operations(), static_cast<double>(weight.nbytes() + x.nbytes()) +
                                         rows * static_cast<double>(weight.size(0) * weight.element_size())};
  });
  return at::_ops::linear::call(x, weight, bias.defined() ? std::optional<Tensor>(bias) : std::nullopt);
}

Conv2d::Conv2d(Leaves& leaves, const std::string& name, int in, int out, ConvOptions o)
    : name(name), options(std::move(o)) {
  const int k = options.kernel;
  need(k == 0 || k == 1 || k == 3, "network", "kernel", k, "0, 1 or 3");
  if (k > 0) {
    const double fan_in = double(in) * k * k, fan_out = double(out) * k * k;
    weight =
        leaves.add(name + ".weight", {out, in, k, k}, {.fan_in = fan_in, .fan_out = fan_out, .gain = options.gain});
    bias = leaves.add(name + ".bias", {out}, {.fan_in = fan_in, .fan_out = fan_out});
  }
  if (options.resample == Resample::none) return;
  filter = make_filter(options.filter).to(leaves.device());
  leaves.add_buffer(name + ".resample_filter", filter);
}

Tensor Conv2d::operator()(const Tensor& x) const {
  const std::int64_t w_pad = options.kernel / 2;
  const std::int64_t f_pad = (static_cast<std::int64_t>(options.filter.size()) - 1) / 2;
  const bool box = is_box(options.filter), fused = options.fused && weight.defined();
  const Span span("conv", name, [&] {
    const auto made = [&](std::int64_t n) {
      return options.resample == Resample::up ? 2 * n : options.resample == Resample::down ? n / 2 : n;
    };
    const auto convolved = [&](std::int64_t n) {
      return options.resample == Resample::down && fused ? n + 2 * f_pad : made(n);
    };
    const std::int64_t images = x.size(0), out = weight.defined() ? weight.size(0) : x.size(1);
    return Work{static_cast<double>(images) * operations(convolved(x.size(2)), convolved(x.size(3))),
                static_cast<double>(x.nbytes() + (weight.defined() ? weight.nbytes() : 0)) +
                    static_cast<double>(images * out * made(x.size(2)) * made(x.size(3)) * x.element_size())};
  });
  if (options.resample == Resample::down && fused)  // convolve over a wider border, then filter without padding
    return downsample(convolve(x, weight, bias, w_pad + f_pad), filter, 0, box);
  Tensor h = x;
  std::int64_t padding = w_pad;
  if (options.resample == Resample::up) {
    h = upsample(x, filter, fused ? std::max(f_pad - w_pad, std::int64_t{0}) : f_pad, box);
    if (fused) padding = std::max(w_pad - f_pad, std::int64_t{0});
  } else if (options.resample == Resample::down) {
    h = downsample(x, filter, f_pad, box);
  }
  return weight.defined() ? convolve(h, weight, bias, padding) : h;
}

GroupNorm::GroupNorm(Leaves& leaves, const std::string& name, int channels)
    : weight(leaves.add(name + ".weight", {channels}, {.constant = 1})),
      bias(leaves.add(name + ".bias", {channels}, {})) {
  if (const int groups = group_count(channels); groups < 1 || channels % groups != 0)
    throw Error("network", fmt::format("{} of {} channels", name, channels),
                "at least 4 that split into min(32, channels/4) groups", "correct base or mult");
}

Tensor GroupNorm::operator()(const Tensor& x) const {
  const Span span("norm", {}, [&] { return Work{.bytes = 2.0 * static_cast<double>(x.nbytes())}; });
  const std::int64_t groups = group_count(static_cast<int>(weight.size(0)));
  return at::_ops::group_norm::call(x, groups, weight, bias, kGroupNormEps, true);
}

Tensor attention_weights(const Tensor& q, const Tensor& k) {
  const double root = std::sqrt(static_cast<double>(q.size(1)));
  return at::_ops::bmm::call(q.transpose(1, 2), k / root).softmax(2, std::nullopt);
}

Block::Block(Leaves& leaves, const std::string& name, BlockOptions o) : name(name), options(std::move(o)) {
  const BlockOptions& b = options;
  const auto part = [&](const char* suffix) { return name + "." + suffix; };
  norm0 = GroupNorm(leaves, part("norm0"), b.in);
  conv0 = Conv2d(leaves, part("conv0"), b.in, b.out, {.kernel = 3, .resample = b.resample, .filter = b.filter});
  affine = Linear(leaves, part("affine"), b.embedding, b.out);
  norm1 = GroupNorm(leaves, part("norm1"), b.out);
  conv1 = Conv2d(leaves, part("conv1"), b.out, b.out, {.kernel = 3, .gain = 1e-5});
  has_skip = b.in != b.out || b.resample != Resample::none;
  if (has_skip)
    skip = Conv2d(leaves, part("skip"), b.in, b.out, {.kernel = 1, .resample = b.resample, .filter = b.filter});
  if (b.heads == 0) return;
  norm2 = GroupNorm(leaves, part("norm2"), b.out);
  qkv = Conv2d(leaves, part("qkv"), b.out, 3 * b.out, {.kernel = 1, .gain = std::sqrt(0.2)});
  proj = Conv2d(leaves, part("proj"), b.out, b.out, {.kernel = 1, .gain = 1e-5});
}

Tensor Block::operator()(const Tensors& x, const Tensor& emb, Dropout* dropout, bool kernels, bool checkpoint) const {
  const Span span("block", name);
  const bool again = checkpoint && at::GradMode::is_enabled();
  if (kernels && x[0].is_cuda()) {
    if (!again) return detail::cuda_block(*this, x, emb, dropout);
    Tensors inputs = {emb};
    inputs.insert(inputs.end(), x.begin(), x.end());
    return detail::checkpoint(
        [block = *this](const Tensors& given, Dropout* d) {
          return detail::cuda_block(block, Tensors(given.begin() + 1, given.end()), given[0], d);
        },
        inputs, dropout);
  }
  const Tensors in = kernels || x.size() == 1 ? x : Tensors{cat(x, 1)};
  if (again) return checkpointed(in, emb, dropout, kernels);
  return kernels ? fused(in, in, emb, dropout) : plain(in[0], in[0], emb, dropout);
}

Tensor Block::checkpointed(const Tensors& x, const Tensor& emb, Dropout* dropout, bool kernels) const {
  // The gradient of x is a sum of what its uses send back, one after the other: it stays the same sum if the node of
  // this block sends back its skip's and its other part one by one, and first that which comes first without it.
  const bool skip_first = !kernels || !has_skip;
  const std::size_t pieces = x.size();
  Tensors inputs = {emb};
  for (int use = 0; use < 2; ++use) inputs.insert(inputs.end(), x.begin(), x.end());
  return detail::checkpoint(
      [block = *this, pieces, skip_first, kernels](const Tensors& given, Dropout* d) {
        const auto first = given.begin() + 1, second = first + static_cast<std::ptrdiff_t>(pieces);
        Tensors around(first, second), in(second, given.end());
        if (!skip_first) std::swap(around, in);
        return kernels ? block.fused(in, around, given[0], d) : block.plain(in[0], around[0], given[0], d);
      },
      inputs, dropout);
}

Tensor Block::fused(const Tensors& x, const Tensors& around, const Tensor& emb, Dropout* dropout) const {
  const Tensor residual = has_skip ? detail::fused_conv(skip, around) : around.size() > 1 ? cat(around, 1) : around[0];
  Tensor h = detail::fused_conv(conv0, x, {.norm = &norm0, .silu = true, .shift = affine(emb)});
  h = detail::fused_conv(conv1, {h},
                         {.norm = &norm1,
                          .silu = true,
                          .dropout = dropout,
                          .rate = options.dropout,
                          .residual = residual,
                          .scale = kHalfSqrt});
  if (options.heads == 0) return h;
  const Tensor parts = detail::fused_conv(detail::heads_in_order(qkv, options.heads, *ordered), {h}, {.norm = &norm2});
  return detail::fused_conv(proj, {detail::fused_attention(parts, options.heads, name)},
                            {.residual = h, .scale = kHalfSqrt});
}

Tensor Block::plain(const Tensor& x, const Tensor& around, const Tensor& emb, Dropout* dropout) const {
  Tensor h = conv0(silu(norm0(x)));  // [B,out,H',W']
  h = h + affine(emb).unsqueeze(2).unsqueeze(3);
  h = silu(norm1(h));
  if (dropout && options.dropout > 0) h = h * dropout->mask(h, options.dropout).to(h.scalar_type());
  h = (conv1(h) + (has_skip ? skip(around) : around)) * kHalfSqrt;
  if (options.heads == 0) return h;

  const std::int64_t batch = h.size(0), c = h.size(1), pixels = h.size(2) * h.size(3), m = batch * options.heads;
  // The reference interleaves: channel 3c+0 of qkv is q of channel c, 3c+1 is k, 3c+2 is v.
  const Tensor parts = qkv(norm2(h)).reshape({m, c / options.heads, 3, pixels});
  const auto attend = [&] {
    const Span span("attention", {}, [&] {
      return Work{static_cast<double>(batch) * attention_operations(c, pixels), 4.0 * static_cast<double>(h.nbytes())};
    });
    const Tensor weights = attention_weights(parts.select(2, 0), parts.select(2, 1));  // [m,Q,K]
    return at::_ops::bmm::call(parts.select(2, 2), weights.transpose(1, 2));           // [m,C/heads,Q]
  };
  const Tensor a = attend();
  return (proj(a.reshape({batch, c, h.size(2), h.size(3)})) + h) * kHalfSqrt;
}

}  // namespace diffmem
