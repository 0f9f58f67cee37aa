// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/net/detail/checkpoint.hpp>
#include <diffmem/stable/detail/residual.hpp>
#include <diffmem/stable/unet.hpp>

#include <ATen/ops/constant_pad_nd_ops.h>
#include <ATen/ops/gelu_ops.h>
#include <ATen/ops/upsample_nearest2d_ops.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <optional>
#include <utility>

namespace diffmem::stable {
namespace {

using SymInts = std::vector<c10::SymInt>;

constexpr double kContext = 77;  // positions of a prompt

/// softmax(q k^T) v with q of x, k and v of what it attends to.
struct Attention {
  Linear q, k, v, out;
  int heads = 1;

  Attention() = default;
  Attention(Leaves& leaves, const std::string& name, int width, int context, int heads)
      : q(leaves, name + ".to_q", width, width, false),
        k(leaves, name + ".to_k", context, width, false),
        v(leaves, name + ".to_v", context, width, false),
        out(leaves, name + ".to_out.0", width, width),
        heads(heads) {}

  Tensor operator()(const Tensor& x, const Tensor& to) const { return out(attention(q(x), k(to), v(to), heads)); }
  void count(Cost& cost, double rows, double keys) const {
    cost.add(q, rows), cost.add(k, keys), cost.add(v, keys), cost.add(out, rows);
    cost.operations += 4 * static_cast<double>(q.weight.size(0)) * rows * keys;
  }
};

/// x += attn1(norm1 x);  x += attn2(norm2 x, context);  x += W (h gelu(g)) with [h, g] = proj(norm3 x).
struct TransformerBlock {
  LayerNorm norm1, norm2, norm3;
  Attention attn1, attn2;
  Linear proj, out;
  bool only_cross = false;  ///< attn1 attends to the context, too

  TransformerBlock(Leaves& leaves, const std::string& name, int width, int context, int heads, bool only_cross)
      : only_cross(only_cross) {
    norm1 = LayerNorm(leaves, name + ".norm1", width);
    attn1 = Attention(leaves, name + ".attn1", width, only_cross ? context : width, heads);
    norm2 = LayerNorm(leaves, name + ".norm2", width);
    attn2 = Attention(leaves, name + ".attn2", width, context, heads);
    norm3 = LayerNorm(leaves, name + ".norm3", width);
    proj = Linear(leaves, name + ".ff.net.0.proj", width, 8 * width);
    out = Linear(leaves, name + ".ff.net.2", 4 * width, width);
  }

  Tensor operator()(Tensor x, const Tensor& context) const {
    const Tensor first = norm1(x);
    x = x + attn1(first, only_cross ? context : first);
    x = x + attn2(norm2(x), context);
    const std::vector<Tensor> halves = proj(norm3(x)).chunk(2, -1);
    return x + out(halves[0] * at::_ops::gelu::call(halves[1], "none"));
  }
  void count(Cost& cost, double rows) const {
    attn1.count(cost, rows, only_cross ? kContext : rows), attn2.count(cost, rows, kContext);
    cost.add(proj, rows), cost.add(out, rows);
  }
};

/// Transformer blocks over the pixels, between two projections, around which x is added.
struct Transformer {
  GroupNorm norm;
  Conv conv_in, conv_out;        // either these
  Linear linear_in, linear_out;  // or these
  std::vector<TransformerBlock> blocks;

  Transformer(Leaves& leaves, const std::string& name, int width, int context, int heads, int layers, bool only_cross,
              const UNetConfig& c)
      : norm(leaves, name + ".norm", width, c.norm_num_groups, 1e-6) {
    if (c.use_linear_projection)
      linear_in = Linear(leaves, name + ".proj_in", width, width);
    else
      conv_in = Conv(leaves, name + ".proj_in", width, width, 1, 1, 0);
    for (int i = 0; i < layers; ++i)
      blocks.emplace_back(leaves, fmt::format("{}.transformer_blocks.{}", name, i), width, context, heads, only_cross);
    if (c.use_linear_projection)
      linear_out = Linear(leaves, name + ".proj_out", width, width);
    else
      conv_out = Conv(leaves, name + ".proj_out", width, width, 1, 1, 0);
  }

  Tensor operator()(const Tensor& x, const Tensor& context) const {
    const std::int64_t b = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
    const bool convolved = conv_in.weight.defined();
    Tensor t = convolved ? conv_in(norm(x)) : norm(x);
    t = t.permute({0, 2, 3, 1}).reshape({b, h * w, c});
    if (!convolved) t = linear_in(t);
    for (const TransformerBlock& block : blocks) t = block(t, context);
    if (!convolved) t = linear_out(t);
    t = t.reshape({b, h, w, c}).permute({0, 3, 1, 2});
    return (convolved ? conv_out(t) : t) + x;
  }
  void count(Cost& cost, double pixels) const {
    for (const Conv* conv : {&conv_in, &conv_out}) cost.add(*conv, pixels);
    for (const Linear* linear : {&linear_in, &linear_out}) cost.add(*linear, pixels);
    for (const TransformerBlock& block : blocks) block.count(cost, pixels);
  }
};

/// A level of the encoder or of the decoder, or the middle.
struct Level {
  std::vector<Residual> residuals;
  std::vector<Transformer> transformers;  ///< one after each residual block, or none; in the middle, one between two
  std::optional<Conv> resample;           ///< to the next level
};

bool attends(const std::string& type) { return type.starts_with("CrossAttn"); }

}  // namespace

struct UNet::Parts {
  Conv in, out;
  Linear time1, time2;
  std::vector<Level> down, up;
  std::optional<Level> middle;
  GroupNorm norm_out;
};

UNet::UNet(const UNet&) = default;
UNet::UNet(UNet&&) noexcept = default;
UNet::~UNet() = default;

UNet::UNet(UNetConfig config, at::Device device, at::ScalarType dtype)
    : Network(device, dtype), config_(std::move(config)) {
  config_.validate();
  const UNetConfig& c = config_;
  const auto parts = std::make_shared<Parts>();
  Parts& p = *parts;
  const auto at = [](const std::vector<int>& list, int level) { return list[static_cast<std::size_t>(level)]; };
  const int levels = c.levels(), base = c.block_out_channels[0],
            embedding = c.time_embedding_dim > 0 ? c.time_embedding_dim : 4 * base;
  p.in = Conv(leaves_, "conv_in", c.in_channels, base, c.conv_in_kernel, 1, (c.conv_in_kernel - 1) / 2);
  p.time1 = Linear(leaves_, "time_embedding.linear_1", base, embedding);
  p.time2 = Linear(leaves_, "time_embedding.linear_2", embedding, embedding);

  const Normed norm{.groups = c.norm_num_groups, .eps = c.norm_eps, .act = c.act_fn};
  const auto transformer = [&](const std::string& name, int level, int width, bool only_cross) {
    return Transformer(leaves_, name, width, at(c.cross_attention_dim, level), at(c.attention_head_dim, level),
                       at(c.transformer_layers_per_block, level), only_cross, c);
  };
  // Names are in the order in which diffusers keeps them: of each level first the transformers.
  const auto add = [&](Level& level, const std::string& name, bool attention, int index, int width,
                       const std::vector<int>& in) {
    for (std::size_t i = 0; attention && i < in.size(); ++i)
      level.transformers.push_back(
          transformer(fmt::format("{}.attentions.{}", name, i), index, width, at(c.only_cross_attention, index) != 0));
    for (std::size_t i = 0; i < in.size(); ++i)
      level.residuals.emplace_back(leaves_, fmt::format("{}.resnets.{}", name, i), in[i], width, embedding, norm);
  };
  std::vector<int> skips = {base};  // channels
  int width = base;
  for (int l = 0; l < levels; ++l) {
    const std::string name = fmt::format("down_blocks.{}", l);
    const int out = at(c.block_out_channels, l), blocks = at(c.layers_per_block, l);
    std::vector<int> in(static_cast<std::size_t>(blocks), out);
    in[0] = width;
    add(p.down.emplace_back(), name, attends(c.down_block_types[static_cast<std::size_t>(l)]), l, out, in);
    skips.insert(skips.end(), static_cast<std::size_t>(blocks), out);
    if (l + 1 < levels) {
      p.down.back().resample = Conv(leaves_, name + ".downsamplers.0.conv", out, out, 3, 2, c.downsample_padding);
      skips.push_back(out);
    }
    width = out;
  }
  for (int i = 0; i < levels; ++i) {
    const int l = levels - 1 - i, out = at(c.block_out_channels, l), blocks = at(c.layers_per_block, l) + 1;
    const std::string name = fmt::format("up_blocks.{}", i);
    std::vector<int> in;
    for (int block = 0; block < blocks; ++block) {
      in.push_back((block == 0 ? width : out) + skips.back());
      skips.pop_back();
    }
    add(p.up.emplace_back(), name, attends(c.up_block_types[static_cast<std::size_t>(i)]), l, out, in);
    if (l > 0) p.up.back().resample = Conv(leaves_, name + ".upsamplers.0.conv", out, out, 3, 1, 1);
    width = out;
  }
  if (c.has_mid_block) {
    const int out = c.block_out_channels.back();
    Level& middle = p.middle.emplace();
    middle.transformers.push_back(transformer("mid_block.attentions.0", levels - 1, out, false));
    for (int i = 0; i < 2; ++i)
      middle.residuals.emplace_back(leaves_, fmt::format("mid_block.resnets.{}", i), out, out, embedding, norm,
                                    c.mid_block_scale_factor);
  }
  p.norm_out = GroupNorm(leaves_, "conv_norm_out", base, c.norm_num_groups, c.norm_eps);
  p.out = Conv(leaves_, "conv_out", base, c.out_channels, c.conv_out_kernel, 1, (c.conv_out_kernel - 1) / 2);
  parts_ = parts;
}

Tensor UNet::operator()(const Tensor& x, const Tensor& t, const Tensor& context) const {
  const Parts& p = *parts_;
  const auto wide = leaves_.dtype();
  if (x.dim() != 4 || x.size(1) != config_.in_channels || context.dim() != 3 ||
      context.size(2) != config_.cross_attention_dim[0] || context.size(0) != x.size(0) || t.dim() != 1 ||
      (t.size(0) != 1 && t.size(0) != x.size(0)))
    throw Error(
        "unet",
        fmt::format("latents [{}], steps [{}], context [{}]", fmt::join(x.sizes(), ","), fmt::join(t.sizes(), ","),
                    fmt::join(context.sizes(), ",")),
        fmt::format("[B,{},H,W], [B] or [1], and [B,L,{}]", config_.in_channels, config_.cross_attention_dim[0]),
        "give latents and embeddings of this model");
  const auto type = products_type(precision(), wide);

  // The embedding of the step: frequencies fall from 1 to 1/10000.                                           [B, base]
  const std::int64_t half = config_.block_out_channels[0] / 2;
  const Tensor frequencies = (arange(half, wide, x.device()) *
                              (-std::log(10'000.0) / (static_cast<double>(half) - config_.freq_shift)))
                                 .exp(),
               angles = t.to(x.device(), wide).unsqueeze(1) * frequencies;
  const Tensor waves =
      config_.flip_sin_to_cos ? cat({angles.cos(), angles.sin()}, 1) : cat({angles.sin(), angles.cos()}, 1);
  const Tensor emb =
      activation(config_.act_fn, p.time2(activation(config_.act_fn, p.time1(waves.to(type)))));  // activated
  const Tensor prompt = context.to(type);

  const bool again = checkpointing() && at::GradMode::is_enabled();
  const auto residual = [&](const Residual& block, const Tensor& h) {
    if (!again) return block(h, emb);
    return diffmem::detail::checkpoint([block](const Tensors& in, Dropout*) { return block(in[0], in[1]); }, {h, emb},
                                       nullptr);
  };
  const auto attend = [&](const Transformer& block, const Tensor& h) {
    if (!again) return block(h, prompt);
    return diffmem::detail::checkpoint([block](const Tensors& in, Dropout*) { return block(in[0], in[1]); },
                                       {h, prompt}, nullptr);
  };

  Tensor h = p.in((config_.center_input_sample ? x * 2.0 - 1.0 : x).to(type));
  Tensors skips = {h};
  for (const Level& level : p.down) {
    for (std::size_t i = 0; i < level.residuals.size(); ++i) {
      h = residual(level.residuals[i], h);
      if (!level.transformers.empty()) h = attend(level.transformers[i], h);
      skips.push_back(h);
    }
    if (!level.resample) continue;
    // Without padding, a row and a column of zeros follow.
    const bool bare = level.resample->padding == 0;
    h = (*level.resample)(bare ? at::_ops::constant_pad_nd::call(h, SymInts{0, 1, 0, 1}, 0) : h);
    skips.push_back(h);
  }
  if (p.middle) {
    h = residual(p.middle->residuals[0], h);
    h = attend(p.middle->transformers[0], h);
    h = residual(p.middle->residuals[1], h);
  }
  for (const Level& level : p.up) {
    for (std::size_t i = 0; i < level.residuals.size(); ++i) {
      h = residual(level.residuals[i], cat({h, skips.back()}, 1));
      skips.pop_back();
      if (!level.transformers.empty()) h = attend(level.transformers[i], h);
    }
    if (!level.resample) continue;
    const Tensor& next = skips.back();  // odd sides are not doubled exactly
    h = (*level.resample)(
        at::_ops::upsample_nearest2d::call(h, SymInts{next.size(2), next.size(3)}, std::nullopt, std::nullopt));
  }
  return p.out(activation(config_.act_fn, p.norm_out(h))).to(wide);
}

namespace {

template <class Parts>
Cost cost_of(const Parts& p, const UNetConfig& c) {
  Cost cost;
  int side = c.sample_size;
  const auto pixels = [&] { return static_cast<double>(side) * side; };
  const auto count = [&](const Level& level) {
    for (const Residual& block : level.residuals) block.count(cost, pixels());
    for (const Transformer& block : level.transformers) block.count(cost, pixels());
  };
  std::vector<int> sides;
  cost.add(p.in, pixels()), cost.add(p.time1, 1), cost.add(p.time2, 1);
  for (const Level& level : p.down) {
    count(level);
    sides.push_back(side);
    if (!level.resample) continue;
    side = (side + (level.resample->padding == 0 ? 1 : 2 * level.resample->padding) - 3) / 2 + 1;
    cost.add(*level.resample, pixels());
  }
  if (p.middle) count(*p.middle);
  for (std::size_t i = 0; i < p.up.size(); ++i) {
    count(p.up[i]);
    if (!p.up[i].resample) continue;
    side = sides[sides.size() - 2 - i];
    cost.add(*p.up[i].resample, pixels());
  }
  cost.add(p.out, pixels());
  return cost;
}

}  // namespace

double UNet::forward_flops() const { return cost_of(*parts_, config_).operations; }
double UNet::forward_values() const { return cost_of(*parts_, config_).values; }

}  // namespace diffmem::stable
