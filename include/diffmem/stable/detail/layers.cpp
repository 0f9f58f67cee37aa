// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/stable/layers.hpp>

#include <ATen/ops/conv2d_ops.h>
#include <ATen/ops/gelu_ops.h>
#include <ATen/ops/group_norm_ops.h>
#include <ATen/ops/layer_norm_ops.h>
#include <ATen/ops/linear_ops.h>
#include <ATen/ops/mish_ops.h>
#include <ATen/ops/relu_ops.h>
#include <ATen/ops/scaled_dot_product_attention_ops.h>
#include <ATen/ops/silu_ops.h>
#include <ATen/ops/upsample_nearest2d_ops.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <optional>
#include <vector>

namespace diffmem::stable {
namespace {

using SymInts = std::vector<c10::SymInt>;

/// Uniform on +-1/sqrt(fan_in), LibTorch's own beginning of such layers.
InitLaw law_of(double fan_in) { return {.fan_in = fan_in, .fan_out = fan_in, .gain = std::sqrt(1.0 / 3)}; }

std::optional<Tensor> like(const Tensor& t, const Tensor& x) {
  return t.defined() ? std::optional<Tensor>(t.to(x.scalar_type())) : std::nullopt;
}

}  // namespace

at::ScalarType products_type(Precision precision, at::ScalarType leaves) {
  return precision == Precision::bf16   ? at::ScalarType::BFloat16
         : precision == Precision::fp16 ? at::ScalarType::Half
                                        : leaves;
}

Linear::Linear(Leaves& leaves, const std::string& name, int in, int out, bool with_bias)
    : weight(leaves.add(name + ".weight", {out, in}, law_of(in))) {
  if (with_bias) bias = leaves.add(name + ".bias", {out}, law_of(in));
}

Tensor Linear::operator()(const Tensor& x) const {
  const Span span("linear", {}, [&] {
    const auto in = static_cast<double>(weight.size(1)), out = static_cast<double>(weight.size(0)),
               rows = static_cast<double>(x.numel()) / in;
    return Work{2 * rows * in * out,
                static_cast<double>(weight.nbytes() + x.nbytes()) + rows * out * static_cast<double>(x.element_size())};
  });
  return at::_ops::linear::call(x, weight.to(x.scalar_type()), like(bias, x));
}

Conv::Conv(Leaves& leaves, const std::string& name, int in, int out, int kernel, int stride, int padding)
    : name(name),
      weight(leaves.add(name + ".weight", {out, in, kernel, kernel}, law_of(double(in) * kernel * kernel))),
      bias(leaves.add(name + ".bias", {out}, law_of(double(in) * kernel * kernel))),
      stride(stride),
      padding(padding) {}

Tensor Conv::operator()(const Tensor& x) const {
  const Span span("conv", name, [&] {
    const auto made = [&](std::int64_t n) {
      return static_cast<double>((n + 2 * padding - weight.size(2)) / stride + 1);
    };
    const double pixels = static_cast<double>(x.size(0)) * made(x.size(2)) * made(x.size(3));
    return Work{2 * pixels * static_cast<double>(weight.numel()),
                static_cast<double>(x.nbytes() + weight.nbytes()) +
                    pixels * static_cast<double>(weight.size(0)) * static_cast<double>(x.element_size())};
  });
  return at::_ops::conv2d::call(x, weight.to(x.scalar_type()), like(bias, x), SymInts{stride, stride},
                                SymInts{padding, padding}, SymInts{1, 1}, 1);
}

GroupNorm::GroupNorm(Leaves& leaves, const std::string& name, int channels, int groups, double eps)
    : groups(groups), eps(eps) {
  if (groups < 1 || channels % groups != 0)
    throw Error("group norm " + name, fmt::format("{} channels in {} groups", channels, groups),
                "groups that divide the channels", "correct norm_num_groups in the config.json");
  weight = leaves.add(name + ".weight", {channels}, {.constant = 1});
  bias = leaves.add(name + ".bias", {channels}, {});
}

Tensor GroupNorm::operator()(const Tensor& x) const {
  return at::_ops::group_norm::call(x.to(weight.scalar_type()), groups, weight, bias, eps, true).to(x.scalar_type());
}

LayerNorm::LayerNorm(Leaves& leaves, const std::string& name, int channels, double eps)
    : weight(leaves.add(name + ".weight", {channels}, {.constant = 1})),
      bias(leaves.add(name + ".bias", {channels}, {})),
      eps(eps) {}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return at::_ops::layer_norm::call(x.to(weight.scalar_type()), SymInts{x.size(-1)}, weight, bias, eps, true)
      .to(x.scalar_type());
}

Tensor activation(std::string_view word, const Tensor& x) {
  if (word == "silu" || word == "swish") return at::_ops::silu::call(x);
  if (word == "gelu") return at::_ops::gelu::call(x, "none");
  if (word == "quick_gelu") return x * (x * 1.702).sigmoid();
  if (word == "mish") return at::_ops::mish::call(x);
  if (word == "relu") return at::_ops::relu::call(x);
  throw Error("activation", fmt::format("\"{}\"", word), fmt::format("one of {}", fmt::join(kActivations, ", ")),
              "correct the config.json");
}

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads, bool causal) {
  const Span span("attention", {}, [&] {
    const double products = static_cast<double>(q.numel()) * static_cast<double>(k.size(1));
    return Work{4 * products, static_cast<double>(2 * q.nbytes() + k.nbytes() + v.nbytes())};
  });
  const auto split = [&](const Tensor& t) {  // [B,N,C] -> [B,heads,N,C/heads]
    return t.reshape({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2);
  };
  return at::_ops::scaled_dot_product_attention::call(split(q), split(k), split(v), std::nullopt, 0, causal,
                                                      std::nullopt, false)
      .transpose(1, 2)
      .reshape(q.sizes());
}

Tensor upsample_nearest(const Tensor& x) {
  return at::_ops::upsample_nearest2d::call(x, SymInts{x.size(2) * 2, x.size(3) * 2}, std::nullopt, std::nullopt);
}

}  // namespace diffmem::stable
