// SPDX-License-Identifier: MIT
// The network's layers as a CUDA device runs them, by an emulated one, against the same in LibTorch's operations in
// float64: values and all gradients.
#include "kernels/emulated.hpp"
#include "net/both.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/net/detail/device_layers.hpp>
#include <diffmem/net/unet.hpp>

#include <cmath>

using namespace diffmem;
using detail::kBf16;

namespace {

/// What rounding may do, in units of the root mean square.
double bound(at::ScalarType type) { return type == kBf16 ? 2e-2 : 3e-6; }

/// Gives the leaves of both the same values, which bf16 holds.
std::vector<Both> alike(const Leaves& exact, const Leaves& fast) {
  std::vector<Both> leaves;
  for (std::size_t i = 0; i < exact.parameters().size(); ++i) {
    Both both;
    both.exact = exact.parameters()[i].second, both.fast = fast.parameters()[i].second;
    const double scale = both.exact.dim() > 1 ? 1.5 / std::sqrt(double(both.exact.numel() / both.exact.size(0))) : 0.3;
    const Tensor values = (normal(both.exact.sizes(), 100 + i) * scale).to(kBf16).to(kFloat64);
    both.exact.copy_(values), both.fast.copy_(values);
    both.exact.requires_grad_(true), both.fast.requires_grad_(true);
    leaves.push_back(both);
  }
  return leaves;
}

struct Case {
  std::int64_t images = 3;
  int height = 4, width = 4, channels = 8, second = 0;  // second: of the channels, how many in a second piece
  bool silu = true, shift = false;
  double rate = 0;
  bool one_shift = false;  // for all images
};

void check(const Case& c, at::ScalarType type) {
  CAPTURE(c.images, c.height, c.width, c.channels, c.second, c.silu, c.shift, c.rate, c.one_shift, int(type));
  Leaves exact_leaves(at::kCPU, kFloat64), fast_leaves(at::kCPU, kFloat32);
  const GroupNorm exact(exact_leaves, "norm", c.channels), fast(fast_leaves, "norm", c.channels);
  const auto leaves = alike(exact_leaves, fast_leaves);
  const Both x(normal({c.images, c.channels, c.height, c.width}, 1) * 2.0 + 3.0, type);
  Both shift;
  if (c.shift) shift = Both(normal({c.one_shift ? 1 : c.images, c.channels}, 2), kFloat32);
  Dropout one{.seed = 3, .step = 5, .first_place = 1}, other{.seed = 3, .step = 2, .first_place = 1};
  const std::uint64_t three = 3;  // steps more, told on the device
  other.device_step = &three;

  Tensor e = exact(c.shift ? x.exact + shift.exact.unsqueeze(2).unsqueeze(3) : x.exact);
  if (c.silu) e = silu(e);
  if (c.rate > 0) e = e * one.mask(e, c.rate).to(kFloat64);
  Tensors pieces = {x.fast};
  if (c.second > 0)
    pieces = {x.fast.narrow(1, 0, c.channels - c.second), x.fast.narrow(1, c.channels - c.second, c.second)};
  const Tensor f =
      detail::norm_act(emulated::Device(), pieces,
                       {.norm = fast, .silu = c.silu, .shift = shift.fast, .dropout = &other, .rate = c.rate});
  REQUIRE(f.scalar_type() == type);
  REQUIRE(f.sizes() == e.sizes());
  REQUIRE(apart(f, e) < bound(type));
  const Tensor seed = normal(e.sizes(), 4, type);
  (e * seed.to(kFloat64)).sum().backward();
  (f.to(kFloat32) * seed.to(kFloat32)).sum().backward();
  // Two values of a group are told apart by their signs alone: their gradient is 0 but for eps.
  const bool flat = c.height * c.width * c.channels / group_count(c.channels) < 4;
  if (!flat) x.require_alike(bound(type), "x");
  if (c.shift && !flat) {
    // Where a channel is a group's only one, its shift does nothing.
    INFO("shift");
    REQUIRE(apart(shift.fast.grad(), shift.exact.grad()) < 2 * bound(type));
  }
  leaves[0].require_alike(bound(type), "weight");
  leaves[1].require_alike(bound(type), "bias");
}

}  // namespace

TEST_CASE("the device's norm with all that is around it equals its layers, with all gradients",
          "[net][device][oracle]") {
  for (const auto type : {kFloat32, kBf16}) {
    check({}, type);
    check({.images = 1, .height = 1, .width = 1, .channels = 4}, type);
    check({.images = 2, .height = 1, .width = 1, .channels = 256, .shift = true}, type);
    check({.height = 5, .width = 7, .channels = 20, .shift = true}, type);                 // groups of 4
    check({.height = 3, .width = 5, .channels = 192, .shift = true, .rate = 0.3}, type);   // of 6: one value at a time
    check({.height = 3, .width = 3, .channels = 256, .silu = false}, type);                // of 8
    check({.height = 7, .width = 3, .channels = 384, .second = 128, .rate = 0.13}, type);  // of 12, in two pieces
    check({.images = 2, .height = 5, .width = 5, .channels = 28, .second = 12, .shift = true}, type);
    check({.height = 4, .width = 5, .channels = 20, .shift = true, .one_shift = true}, type);
    check({.images = 2, .height = 5, .width = 5, .channels = 12, .second = 5}, type);  // a piece ends within a group
    check({.images = 1, .height = 97, .width = 89, .channels = 8, .shift = true, .rate = 0.2}, type);  // two passes
    check({.images = 1, .height = 33, .width = 31, .channels = 192}, type);                            // two passes
  }
  REQUIRE(kernels::norm_act_plan<Bf16>(256, 32, 256, 32 * 32).held);  // the paper's largest
  REQUIRE_FALSE(kernels::norm_act_plan<Bf16>(8, 2, 8, 97 * 89).held);
}

TEST_CASE("what is not a number stays so in the device's norm", "[net][device]") {
  Leaves leaves(at::kCPU, kFloat32);
  const GroupNorm norm(leaves, "norm", 8);
  for (const auto& [name, leaf] : leaves.parameters()) leaf.fill_(1);
  Tensor x = normal({1, 8, 3, 3}, 1, kFloat32);
  x.select(1, 5).fill_(std::nan(""));
  const Tensor y = detail::norm_act(emulated::Device(), {x}, {.norm = norm});
  REQUIRE(y.narrow(1, 0, 4).isfinite().all().item().toBool());
  REQUIRE(y.narrow(1, 4, 4).isnan().all().item().toBool());
}

TEST_CASE("the device's join equals its operations, with all gradients", "[net][device][oracle]") {
  for (const auto type : {kFloat32, kBf16})
    for (const int channels : {1, 3, 20, 264, 300})
      for (const int side : {1, 5}) {
        CAPTURE(channels, side, int(type));
        const Both a(normal({3, channels, side, side}, 1), type), b(normal({3, channels, side, side}, 2), type),
            bias(normal({channels}, 3), kFloat32);
        const Tensor e = (a.exact + b.exact + bias.exact.reshape({1, -1, 1, 1})) * 0.7,
                     f = detail::join(emulated::Device(), a.fast, b.fast, bias.fast, 0.7),
                     seed = normal(e.sizes(), 4, type);
        REQUIRE(apart(f, e) < bound(type));
        (e * seed.to(kFloat64)).sum().backward();
        (f.to(kFloat32) * seed.to(kFloat32)).sum().backward();
        a.require_alike(bound(type), "a"), b.require_alike(bound(type), "b"), bias.require_alike(bound(type), "bias");
      }
}

TEST_CASE("a whole block as a device runs it equals the plain one, with all gradients", "[net][device][oracle]") {
  for (const auto type : {kFloat32, kBf16})
    for (const BlockOptions& options :
         {BlockOptions{.in = 16, .out = 16, .embedding = 6},
          BlockOptions{.in = 20, .out = 12, .embedding = 6, .heads = 1, .dropout = 0.2},
          BlockOptions{.in = 16, .out = 16, .embedding = 6, .resample = Resample::down, .filter = {1, 3, 3, 1}},
          BlockOptions{.in = 8, .out = 24, .embedding = 6, .resample = Resample::up, .heads = 3}}) {
      CAPTURE(options.in, options.out, int(options.resample), options.heads, int(type));
      Leaves exact_leaves(at::kCPU, kFloat64), fast_leaves(at::kCPU, kFloat32);
      const Block exact(exact_leaves, "block", options), fast(fast_leaves, "block", options);
      const auto leaves = alike(exact_leaves, fast_leaves);
      const Both x(normal({3, options.in, 6, 4}, 1), type), emb(normal({3, 6}, 2), kFloat32);
      Dropout one{.seed = 3, .step = 5, .first_place = 2}, other = one;
      const bool pieces = options.resample == Resample::none;
      const Tensor e = exact({x.exact}, emb.exact, &one),
                   f = detail::device_block(
                       emulated::Device(), fast,
                       pieces ? Tensors{x.fast.narrow(1, 0, 12), x.fast.narrow(1, 12, options.in - 12)}
                              : Tensors{x.fast},
                       emb.fast, &other);
      REQUIRE(f.scalar_type() == type);
      const double most = type == kBf16 ? 4e-2 : 2e-5;
      REQUIRE(apart(f, e) < most);
      const Tensor seed = normal(e.sizes(), 4, type);
      (e * seed.to(kFloat64)).sum().backward();
      (f.to(kFloat32) * seed.to(kFloat32)).sum().backward();
      x.require_alike(most, "x"), emb.require_alike(most, "emb");
      for (std::size_t i = 0; i < leaves.size(); ++i)
        if (const std::string& name = exact_leaves.parameters()[i].first; name != "block.qkv.bias")  // k's part is 0
          leaves[i].require_alike(most, name);
    }
}
