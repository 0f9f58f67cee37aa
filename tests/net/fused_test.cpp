// SPDX-License-Identifier: MIT
// The CPU's kernels against the same layers in LibTorch's operations in float64: values and all gradients.
#include "net/both.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/kernels/group_norm.hpp>
#include <diffmem/net/detail/fused.hpp>
#include <diffmem/net/unet.hpp>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

using namespace diffmem;

namespace {

constexpr auto kBf16 = at::ScalarType::BFloat16;

/// What rounding may do: to a tensor as a whole, in units of its norm, and, ten times that, to its worst value, in units
/// of the root mean square.
double bound(at::ScalarType type) { return type == kBf16 ? 1.5e-2 : 2e-6; }

struct Case {
  std::int64_t images = 2;
  int height = 4, width = 4, in = 8, second = 0, out = 8, kernel = 3;  // second: of `in`, how many in a second piece
  Resample resample = Resample::none;
  std::vector<int> filter = {1, 1};
  bool norm = true, silu = true;
  double rate = 0;
  bool shift = false, residual = false, wide = false;
};

void check(const Case& c, at::ScalarType type) {
  CAPTURE(c.images, c.height, c.width, c.in, c.second, c.out, c.kernel, int(c.resample), c.filter.size(), c.norm,
          c.silu, c.rate, c.shift, c.residual, c.wide, at::get_num_threads());
  const ConvOptions options{.kernel = c.kernel, .resample = c.resample, .filter = c.filter};
  Leaves exact_leaves(at::kCPU, kFloat64), fast_leaves(at::kCPU, kFloat32);
  Conv2d exact_conv(exact_leaves, "conv", c.in, c.out, options), fast_conv(fast_leaves, "conv", c.in, c.out, options);
  GroupNorm exact_norm, fast_norm;
  if (c.norm) exact_norm = GroupNorm(exact_leaves, "norm", c.in), fast_norm = GroupNorm(fast_leaves, "norm", c.in);
  std::vector<Both> leaves;
  for (std::size_t i = 0; i < exact_leaves.parameters().size(); ++i) {
    Tensor e = exact_leaves.parameters()[i].second, f = fast_leaves.parameters()[i].second;
    // Weights that bf16 holds, so that both nets have the same.
    const Tensor values = (normal(e.sizes(), 100 + i) * 0.3).to(kBf16).to(kFloat64);
    e.copy_(values), f.copy_(values);
    e.requires_grad_(true), f.requires_grad_(true);
    Both both;
    both.exact = e, both.fast = f;
    leaves.push_back(both);
  }
  const Both x(normal({c.images, c.in, c.height, c.width}, 1) * 2.0 + 3.0, type);
  const int h = c.resample == Resample::up ? 2 * c.height : c.resample == Resample::down ? c.height / 2 : c.height;
  const int w = c.resample == Resample::up ? 2 * c.width : c.resample == Resample::down ? c.width / 2 : c.width;
  Both shift, residual;
  if (c.shift) shift = Both(normal({c.images, c.out}, 2), kFloat32);
  if (c.residual) residual = Both(normal({c.images, c.out, h, w}, 3), type);

  Dropout one{.seed = 3, .step = 5, .first_place = 1}, other = one;
  Tensor e = x.exact;
  if (c.norm) e = exact_norm(e);
  if (c.silu) e = silu(e);
  if (c.rate > 0) e = e * one.mask(e, c.rate).to(kFloat64);
  e = exact_conv(e);
  if (c.shift) e = e + shift.exact.unsqueeze(2).unsqueeze(3);
  if (c.residual) e = e + residual.exact;
  e = e * 0.7;

  Tensors pieces = {x.fast};
  if (c.second > 0) pieces = {x.fast.narrow(1, 0, c.in - c.second), x.fast.narrow(1, c.in - c.second, c.second)};
  const Tensor f = detail::fused_conv(fast_conv, pieces,
                                      {.norm = c.norm ? &fast_norm : nullptr,
                                       .silu = c.silu,
                                       .dropout = c.rate > 0 ? &other : nullptr,
                                       .rate = c.rate,
                                       .shift = shift.fast,
                                       .residual = residual.fast,
                                       .scale = 0.7,
                                       .wide = c.wide});
  REQUIRE(f.scalar_type() == (c.wide ? kFloat32 : type));
  REQUIRE(f.sizes() == e.sizes());
  REQUIRE(apart(f, e) < bound(type));
  const Tensor seed = normal(e.sizes(), 4, type);
  (e * seed.to(kFloat64)).sum().backward();
  (f.to(kFloat32) * seed.to(kFloat32)).sum().backward();
  x.require_alike(bound(type), "x");
  leaves[0].require_alike(bound(type), "weights");
  leaves[1].require_alike(bound(type), "bias");
  if (c.norm)
    leaves[2].require_alike(bound(type), "norm's weight"), leaves[3].require_alike(bound(type), "norm's bias");
  if (c.shift) shift.require_alike(bound(type), "shift");
  if (c.residual) residual.require_alike(bound(type), "residual");
}

/// A number of threads while it lives.
struct Threads {
  int before = at::get_num_threads();
  explicit Threads(int n) { at::set_num_threads(n); }
  ~Threads() { at::set_num_threads(before); }
};

}  // namespace

TEST_CASE("a fused convolution equals its layers, with all gradients", "[net][fused][oracle]") {
  for (const auto type : {kFloat32, kBf16})
    for (const int threads : {1, 3}) {
      const Threads set(threads);
      check({}, type);
      check({.images = 1, .height = 1, .width = 1, .in = 4, .out = 24}, type);
      check({.images = 3, .height = 5, .width = 7, .in = 20, .out = 33}, type);
      check({.images = 5, .height = 3, .width = 8, .in = 36, .out = 48, .shift = true, .residual = true}, type);
      check({.images = 2, .height = 8, .width = 6, .in = 16, .out = 3, .wide = true}, type);
      check({.images = 3, .height = 5, .width = 7, .in = 20, .out = 1, .shift = true, .residual = true}, type);
      check({.images = 5, .height = 2, .width = 1, .in = 28, .second = 12, .out = 2, .residual = true, .wide = true},
            type);
      check({.images = 2, .height = 6, .width = 6, .in = 3, .out = 20, .norm = false, .silu = false}, type);
      check({.images = 3, .height = 5, .width = 5, .in = 12, .out = 20, .kernel = 1, .silu = false}, type);
      check({.images = 3,
             .height = 4,
             .width = 5,
             .in = 12,
             .out = 8,
             .kernel = 1,
             .norm = false,
             .silu = false,
             .residual = true},
            type);
      check({.images = 4, .height = 9, .width = 4, .in = 24, .out = 24, .rate = 0.3}, type);
      check({.images = 7, .height = 4, .width = 4, .in = 28, .second = 12, .out = 16}, type);
      check({.images = 2, .height = 4, .width = 4, .in = 96, .second = 32, .out = 64, .rate = 0.13, .shift = true},
            type);
      // Winograd's: tiles beyond the border, an odd number of them, more than are done at once, two panels and one.
      check({.images = 1, .height = 5, .width = 5, .in = 36, .out = 40, .residual = true, .wide = true}, type);
      check({.images = 4, .height = 3, .width = 8, .in = 32, .out = 32, .norm = false, .silu = false}, type);
      check({.images = 3, .height = 1, .width = 2, .in = 44, .second = 12, .out = 50, .rate = 0.3}, type);
      check({.images = 5, .height = 16, .width = 14, .in = 192, .out = 72, .shift = true, .residual = true}, type);
      // Enough for three threads.
      check({.images = 9, .height = 16, .width = 16, .in = 24, .out = 12, .norm = false}, type);
      check({.images = 9, .height = 16, .width = 15, .in = 24, .out = 24, .rate = 0.2}, type);
      for (const auto& filter : {std::vector<int>{1, 1}, {1, 3, 3, 1}, {1, 3}})
        for (const Resample resample : {Resample::up, Resample::down}) {
          check({.images = 3, .height = 6, .width = 4, .in = 12, .out = 20, .resample = resample, .filter = filter},
                type);
          check({.images = 2, .height = 7, .width = 5, .in = 36, .out = 40, .resample = resample, .filter = filter},
                type);
          check({.images = 3,
                 .height = 4,
                 .width = 8,
                 .in = 12,
                 .second = 4,
                 .out = 8,
                 .kernel = 1,
                 .resample = resample,
                 .filter = filter,
                 .norm = false,
                 .silu = false},
                type);
        }
    }
}

TEST_CASE("a batch of no images has gradients of zero", "[net][fused]") {
  for (const int channels : {8, 32}) {  // tap by tap, and by Winograd
    Leaves leaves(at::kCPU, kFloat32);
    const Conv2d conv(leaves, "conv", channels, channels, {});
    for (const auto& [name, leaf] : leaves.parameters()) leaf.fill_(1), leaf.requires_grad_(true);
    const Tensor x = zeros({0, channels, 4, 4}).requires_grad_(true);
    detail::fused_conv(conv, {x}).sum().backward();
    REQUIRE(conv.weight.grad().abs().sum().item().toDouble() == 0);
    REQUIRE(x.grad().sizes() == x.sizes());
  }
}

TEST_CASE("images that do not fit a convolution are refused", "[net][fused]") {
  Leaves leaves(at::kCPU, kFloat32);
  const Conv2d conv(leaves, "conv", 8, 8, {}), half(leaves, "half", 8, 8, {.resample = Resample::down});
  for (const auto& [name, leaf] : leaves.parameters()) leaf.fill_(1);
  const auto images = [](std::int64_t c, std::int64_t side) { return zeros({2, c, side, side}); };
  for (const Tensors& bad :
       {Tensors{images(4, 4), images(4, 5)}, {images(4, 4)}, {images(4, 4), images(4, 4).to(kBf16)}})
    REQUIRE_THROWS_AS(detail::fused_conv(conv, bad), Error);
  const Tensors thin = {images(8, 1)};
  REQUIRE_THROWS_AS(detail::fused_conv(half, thin), Error);
  // One row of the embedding for both images.
  const Tensor shift = arange(8, kFloat32).reshape({1, 8});
  const Tensor one = detail::fused_conv(conv, {images(8, 4)}, {.shift = shift}),
               each = detail::fused_conv(conv, {images(8, 4)}, {.shift = shift.expand({2, 8}).contiguous()});
  REQUIRE(apart(one, each) == 0);
}

TEST_CASE("a gradient of a gradient is refused", "[net][fused]") {
  Leaves leaves(at::kCPU, kFloat32);
  const Conv2d conv(leaves, "conv", 8, 8, {});
  for (const auto& [name, leaf] : leaves.parameters()) leaf.fill_(0.1);
  const Tensor x = zeros({1, 8, 4, 4}).requires_grad_(true);
  const Tensor y = detail::fused_conv(conv, {x}).sum();
  const auto twice = [&] { torch::autograd::grad({y}, {x}, {}, std::nullopt, true); };
  REQUIRE_THROWS_AS(twice(), Error);
}

TEST_CASE("a group's moments bear an unusual pixel", "[net][fused][oracle]") {
  constexpr std::ptrdiff_t kPixels = 64 * 64, kChannels = 4;
  for (const std::ptrdiff_t unusual : {std::ptrdiff_t{0}, kPixels / 3, kPixels - 1}) {
    std::vector<float> x(kPixels * kChannels), moments(2);
    RandomStream(7, Stream::init, 30).fill_normal(std::span(x));
    for (float& v : x) v += 5;
    for (std::ptrdiff_t c = 0; c < kChannels; ++c) x[static_cast<std::size_t>(unusual * kChannels + c)] += 30;
    kernels::group_moments<float>({.channels = kChannels, .groups = 1}, {{x.data(), nullptr}, {kChannels, 0}}, kPixels,
                                  moments.data());
    double mean = 0, variance = 0;
    for (const float v : x) mean += v / double(x.size());
    for (const float v : x) variance += (v - mean) * (v - mean) / double(x.size());
    REQUIRE(std::abs(moments[0] - mean) < 2e-6 * mean);
    REQUIRE(std::abs(moments[1] * std::sqrt(variance) - 1) < 2e-6);
  }
}

TEST_CASE("fused attention equals its operations, with the gradient", "[net][fused][oracle]") {
  for (const auto type : {kFloat32, kBf16})
    for (const int heads : {1, 3})
      for (const int channels : {2, 10, 32})
        for (const auto& [h, w] : {std::pair{1, 1}, {3, 1}, {4, 4}, {5, 7}, {16, 15}}) {
          CAPTURE(heads, channels, h, w, int(type));
          const Threads set(3);
          const std::int64_t n = h > 7 ? 8 : 3, c = heads * channels, pixels = h * w;
          const Both qkv(normal({n, 3 * c, h, w}, 9), type);
          const Tensor parts = qkv.exact.reshape({n * heads, 3, channels, pixels});
          const Tensor weights = attention_weights(parts.select(1, 0), parts.select(1, 1));
          const Tensor e = parts.select(1, 2).matmul(weights.transpose(1, 2)).reshape({n, c, h, w});
          const Tensor f = detail::fused_attention(qkv.fast.contiguous(at::MemoryFormat::ChannelsLast), heads);
          REQUIRE(apart(f, e) < bound(type));
          const Tensor seed = normal(e.sizes(), 10, type);
          (e * seed.to(kFloat64)).sum().backward();
          (f.to(kFloat32) * seed.to(kFloat32)).sum().backward();
          if (pixels > 1) qkv.require_alike(bound(type), "qkv");
        }
}

TEST_CASE("a whole network by the kernels equals the plain one in float64, with its gradients",
          "[net][fused][oracle]") {
  struct Net {
    UNetConfig config;
    SkipMask mask;
  };
  const UNetConfig small{
      .resolution = 8, .channels = 1, .base = 16, .mult = {1, 2}, .blocks = 1, .attention = {8}, .dropout = 0.2};
  UNetConfig ncsn = small;
  ncsn.channels = 3, ncsn.noise_mult = 2, ncsn.filter = {1, 3, 3, 1}, ncsn.encoder = Encoder::residual,
  ncsn.label_dim = 3;
  for (const Net& net : {Net{small, SkipMask::all()}, {ncsn, SkipMask::all()}, {small, Skips<"10 01">{}.mask()}}) {
    UNet exact(net.config, net.mask, at::kCPU, kFloat64), fp32(net.config, net.mask), bf16(net.config, net.mask);
    for (UNet* u : {&exact, &fp32, &bf16}) {
      u->initialise([](std::size_t leaf, std::size_t count) {
        RandomStream random(11, Stream::init, leaf);
        std::vector<double> values(count);
        for (double& v : values) v = random.uniform();
        return values;
      });
      // The last convolutions of blocks start near 0: larger ones show what is behind them.
      const at::NoGradGuard no_grad;
      for (const auto& [name, leaf] : u->parameters())
        if (leaf.dim() == 4)
          leaf.copy_(
              (normal(leaf.sizes(), 50, leaf.scalar_type()) * (1.5 / std::sqrt(double(leaf.numel() / leaf.size(0))))));
      u->require_grad();
    }
    bf16.set_precision(Precision::bf16);
    const Tensor x = normal({5, net.config.channels, 8, 8}, 20), noise = normal({5, exact.noise_channels()}, 21),
                 labels = net.config.label_dim > 0 ? arange(5, kInt64).remainder(3) : Tensor();
    const auto run = [&](const UNet& u, at::ScalarType type) {
      Dropout dropout{.seed = 1, .step = 2};
      const Tensor out = u(x.to(type), noise.to(type), labels, &dropout);
      out.square().sum().backward();
      return out;
    };
    const Tensor want = run(exact, kFloat64), single = run(fp32, kFloat32), half = run(bf16, kFloat32);
    REQUIRE(apart(single, want) < 1e-4);
    REQUIRE(apart(half, want) < 0.2);
    REQUIRE(apart(half, want) > 1e-4);  // it is bf16
    for (std::size_t i = 0; i < exact.parameters().size(); ++i) {
      const auto& [name, leaf] = exact.parameters()[i];
      INFO(name);
      if (name.ends_with("qkv.bias") || !leaf.grad().defined()) continue;  // the part of k is 0 but for rounding
      if (leaf.grad().abs().max().item().toDouble() < 1e-9) continue;      // behind a skip that is off
      REQUIRE(apart(fp32.parameters()[i].second.grad(), leaf.grad()) < 1e-3);
      REQUIRE(apart(bf16.parameters()[i].second.grad(), leaf.grad()) < 0.15);
    }
  }
}

TEST_CASE("plain, asked for, is LibTorch's operations; a changed weight is packed anew", "[net][fused]") {
  UNet net({.resolution = 8, .channels = 1, .base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}, .dropout = 0});
  net.initialise(1);
  const at::NoGradGuard no_grad;
  for (const auto& [name, leaf] : net.parameters())
    leaf.add_(leaf.dim() == 4 ? normal(leaf.sizes(), 3, kFloat32) * 0.1 : full(leaf.sizes(), 0.01, kFloat32));
  const Tensor x = normal({2, 1, 8, 8}, 1, kFloat32), noise = normal({2, net.noise_channels()}, 2, kFloat32);
  const Tensor first = net(x, noise);
  net.set_precision(Precision::tf32);  // a CUDA device's
  REQUIRE(net(x, noise).equal(first));
  net.set_precision(Precision::plain);
  const Tensor plain = net(x, noise);
  REQUIRE(apart(first, plain) < 1e-5);
  Tensor before = plain;
  for (const char* changed : {"conv0.weight", "qkv.weight", "qkv.bias"}) {
    INFO(changed);
    for (const auto& [name, leaf] : net.parameters())
      if (name.ends_with(changed)) leaf.add_(normal(leaf.sizes(), 4, kFloat32) * 0.3);
    const Tensor after = net(x, noise);
    net.set_precision(Precision::fp32);
    REQUIRE(apart(net(x, noise), after) < 1e-5);
    net.set_precision(Precision::plain);
    REQUIRE(apart(before, after) > 1e-4);
    before = after;
  }
}
