// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/net/detail/cuda_layers.hpp>
#include <diffmem/net/detail/fused.hpp>
#include <diffmem/net/unet.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace diffmem {

void UNetConfig::validate(std::string_view who) const {
  const auto within = [&](std::string_view field, int got, int least, int most) {
    need(got >= least && got <= most, who, field, got, fmt::format("{} to {}", least, most));
  };
  const auto refuse = [&](std::string_view field, auto got, std::string_view want) {
    throw Error(who, fmt::format("{} = {}", field, got), want, "correct the setting");
  };
  if (mult.empty() || mult.size() > 8) refuse("mult", fmt::format("{}", mult), "one to eight levels");
  within("resolution", resolution, 1, 8192);
  if (resolution % (1 << (levels() - 1)) != 0)
    refuse("resolution", resolution, fmt::format("a multiple of {}", 1 << (levels() - 1)));
  within("channels", channels, 1, 1024);
  within("label_dim", label_dim, 0, 1'000'000);
  within("augment_dim", augment_dim, 0, 1024);
  within("base", base, 4, 8192);
  if (base % 2 != 0) refuse("base", base, "an even number");
  for (const int m : mult) within("mult", m, 1, 128);
  within("noise_mult", noise_mult, 1, 128);
  for (const int tap : filter) within("filter", tap, -1000, 1000);
  if (filter.empty() || filter.size() > 64 || filter.size() % 2 != 0 ||
      std::accumulate(filter.begin(), filter.end(), 0) == 0)
    refuse("filter", fmt::format("{}", filter), "an even number of taps whose sum is not 0, such as 1,1 or 1,3,3,1");
  within("blocks", blocks, 1, 256);
  if (!(dropout >= 0 && dropout < 1)) refuse("dropout", dropout, "0 <= dropout < 1");
}

UNet::UNet(const UNet&) = default;
UNet::UNet(UNet&&) noexcept = default;
UNet::~UNet() = default;

UNet::UNet(UNetConfig config, SkipMask mask, at::Device device, at::ScalarType dtype)
    : Network(device, dtype), config_(std::move(config)), mask_(std::move(mask)) {
  config_.validate();
  if (mask_.size() != 0 && mask_.size() != static_cast<std::size_t>(config_.skips()))
    throw Error("network", fmt::format("a skip mask of {} digits", mask_.size()),
                fmt::format("{} digits: {} levels of {} blocks + 1", config_.skips(), config_.levels(), config_.blocks),
                "write one digit per encoder output, finest level first");
  const int embedding = 4 * config_.base, levels = config_.levels();
  const auto width = [&](int level) { return config_.base * config_.mult[static_cast<std::size_t>(level)]; };
  const auto attends = [&](int resolution) {
    return std::find(config_.attention.begin(), config_.attention.end(), resolution) != config_.attention.end();
  };
  const auto block = [&](const std::string& name, int in, int out, bool attention, Resample resample = Resample::none) {
    return Block(leaves_, name,
                 {.in = in,
                  .out = out,
                  .embedding = embedding,
                  .resample = resample,
                  .filter = config_.filter,
                  .heads = attention ? 1 : 0,
                  .dropout = config_.dropout});
  };
  const auto level = [&](int l) {
    const int side = config_.resolution >> l;
    Level result;
    result.name = fmt::format("{}x{}", side, side);
    result.resolution = side;
    return result;
  };

  if (config_.label_dim > 0) map_label_ = Linear(leaves_, "map_label", config_.label_dim, noise_channels());
  if (config_.augment_dim > 0)
    map_augment_ = Linear(leaves_, "map_augment", config_.augment_dim, noise_channels(), false);
  map_layer0_ = Linear(leaves_, "map_layer0", noise_channels(), embedding);
  map_layer1_ = Linear(leaves_, "map_layer1", embedding, embedding);

  int now = config_.channels, aux = config_.channels;
  std::vector<int> pushed;  // widths that the decoder gets
  const auto push = [&](int width) { pushed.push_back(mask_.drops() && !mask_[pushed.size()] ? 0 : width); };
  for (int l = 0; l < levels; ++l) {
    Level e = level(l);
    const std::string at = "enc." + e.name;
    if (l == 0) {
      e.conv = Conv2d(leaves_, at + "_conv", now, config_.base, {.kernel = 3});
      now = config_.base;
    } else {
      e.resample = block(at + "_down", now, now, false, Resample::down);
      if (config_.encoder == Encoder::residual) {
        e.aux_residual = Conv2d(leaves_, at + "_aux_residual", aux, now,
                                {.kernel = 3, .resample = Resample::down, .filter = config_.filter, .fused = true});
        aux = now;
      }
    }
    push(now);
    for (int i = 0; i < config_.blocks; ++i) {
      e.blocks.push_back(block(fmt::format("{}_block{}", at, i), now, width(l), attends(e.resolution)));
      now = width(l);
      push(now);
    }
    encoder_.push_back(std::move(e));
  }
  for (int l = levels - 1; l >= 0; --l) {
    Level d = level(l);
    const std::string at = "dec." + d.name;
    if (l == levels - 1) {
      d.in0 = block(at + "_in0", now, now, true);
      d.in1 = block(at + "_in1", now, now, false);
    } else {
      d.resample = block(at + "_up", now, now, false, Resample::up);
    }
    for (int i = 0; i <= config_.blocks; ++i) {
      d.blocks.push_back(block(fmt::format("{}_block{}", at, i), now + pushed.back(), width(l),
                               i == config_.blocks && attends(d.resolution)));
      pushed.pop_back();
      now = width(l);
    }
    decoder_.push_back(std::move(d));
  }
  const std::string last = "dec." + encoder_.front().name;
  out_norm_ = GroupNorm(leaves_, last + "_aux_norm", now);
  out_conv_ = Conv2d(leaves_, last + "_aux_conv", now, config_.channels, {.kernel = 3, .gain = 1e-5});
}

Tensor UNet::embedding(const Tensor& noise, const Tensor& labels) const {
  const Span span("embedding", "map");
  Tensor e = noise;
  if (config_.label_dim > 0) {
    // A one-hot row times sqrt(label_dim), through the linear map, is a scaled column of its weight.
    Tensor shift = map_label_.bias;  // [noise_channels]
    if (labels.defined())
      shift = map_label_.weight.t().index_select(0, labels) * std::sqrt(static_cast<double>(config_.label_dim)) +
              shift;  // [B,noise_channels]
    e = e + shift;
  }
  // The label of an image that is not augmented is 0; the map's gradient is then 0 too, and not undefined.
  if (config_.augment_dim > 0) e = e + map_augment_(zeros({1, config_.augment_dim}, e.scalar_type(), e.device()));
  return silu(map_layer1_(silu(map_layer0_(e))));
}

Tensor UNet::operator()(const Tensor& x, const Tensor& noise, const Tensor& labels, Dropout* dropout,
                        const Watch& watch) const {
  const auto seen = [&](const std::string& name, Tensor t) {
    if (watch) watch(name, t);
    return t;
  };

  const Tensor emb = embedding(noise, labels);  // [B,4*base]

  if (x.is_cuda()) detail::set_cuda_products(precision() == Precision::tf32);
  const bool kernels = precision() != Precision::plain && !watch && leaves_.dtype() == kFloat32 &&
                       (detail::kernels_take(x) || detail::cuda_takes(x));
  const auto block = [&](const Block& b, const Tensors& in) { return b(in, emb, dropout, kernels, checkpointing()); };
  Tensors skips;  // undefined: dropped
  Tensor h = kernels && precision() == Precision::bf16 ? x.to(at::ScalarType::BFloat16) : x, aux = x;
  const auto push = [&](const Tensor& t) {
    skips.push_back(mask_[skips.size()] ? t : mask_.drops() ? Tensor() : zeros_like(t));
  };
  for (const Level& level : encoder_) {
    const std::string at = "enc." + level.name;
    if (level.conv)
      h = seen(at + "_conv", !kernels      ? (*level.conv)(h)
                             : h.is_cuda() ? detail::cuda_conv(*level.conv, h)
                                           : detail::fused_conv(*level.conv, {h}));
    else
      h = seen(at + "_down", block(*level.resample, {h}));
    if (level.aux_residual) {
      const Tensor residual = seen(at + "_aux_residual", (*level.aux_residual)(aux.to(leaves_.dtype())));
      h = aux = (h + residual.to(h.scalar_type())) / std::numbers::sqrt2;
    }
    push(h);
    for (std::size_t i = 0; i < level.blocks.size(); ++i) {
      h = seen(fmt::format("{}_block{}", at, i), block(level.blocks[i], {h}));
      push(h);
    }
  }
  for (const Level& level : decoder_) {
    const std::string at = "dec." + level.name;
    if (level.in0) {
      h = seen(at + "_in0", block(*level.in0, {h}));
      h = seen(at + "_in1", block(*level.in1, {h}));
    } else {
      h = seen(at + "_up", block(*level.resample, {h}));
    }
    for (std::size_t i = 0; i < level.blocks.size(); ++i) {
      const Tensors in = skips.back().defined() ? Tensors{h, skips.back()} : Tensors{h};
      h = seen(fmt::format("{}_block{}", at, i), block(level.blocks[i], in));
      skips.pop_back();
    }
  }
  if (kernels && h.is_cuda()) return detail::cuda_conv(out_conv_, h, &out_norm_).to(kFloat32).contiguous();
  if (kernels) return detail::fused_conv(out_conv_, {h}, {.norm = &out_norm_, .silu = true, .wide = true}).contiguous();
  const std::string last = "dec." + encoder_.front().name;
  h = seen(last + "_aux_norm", out_norm_(h));
  return seen(last + "_aux_conv", out_conv_(silu(h)));
}

void UNet::set_precision(Precision p) {
  if (p == Precision::fp16)
    throw Error("network", "precision fp16", "fp32, bf16, plain or tf32", "choose bf16, which needs no loss scaling");
  Network::set_precision(p);
}

UNet::Cost UNet::cost() const {
  Cost sum;
  const auto add_conv = [&](const Conv2d& conv, int side) {
    sum.operations += conv.operations(side, side);
    if (conv.weight.defined()) sum.values += static_cast<double>(conv.weight.size(0)) * side * side;
  };
  const auto add_linear = [&](const Linear& linear) { sum.operations += linear.operations(); };
  const auto add_block = [&](const Block& b, int side) {
    add_conv(b.conv0, side), add_conv(b.conv1, side), add_conv(b.skip, side), add_conv(b.qkv, side),
        add_conv(b.proj, side);
    add_linear(b.affine);
    if (b.options.heads == 0) return;
    sum.operations += attention_operations(b.options.out, std::int64_t{side} * side);
    sum.values += b.options.heads * std::pow(side, 4);
  };
  add_linear(map_layer0_), add_linear(map_layer1_);
  for (const auto* side : {&encoder_, &decoder_})
    for (const Level& level : *side) {
      if (level.conv) add_conv(*level.conv, level.resolution);
      if (level.aux_residual)  // convolves before it halves, over the filter's wider border
        add_conv(*level.aux_residual, 2 * level.resolution + static_cast<int>(config_.filter.size()) - 2);
      for (const auto* extra : {&level.resample, &level.in0, &level.in1})
        if (*extra) add_block(**extra, level.resolution);
      for (const Block& b : level.blocks) add_block(b, level.resolution);
    }
  add_conv(out_conv_, config_.resolution);
  return sum;
}

}  // namespace diffmem
