// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/detail/residual.hpp>

#include <ATen/ops/constant_pad_nd_ops.h>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace diffmem::stable {
namespace {

/// x + to_out(softmax(q k^T / sqrt(C)) v), over the pixels, in one head.
struct PixelAttention {
  GroupNorm norm;
  Linear q, k, v, out;

  PixelAttention(Leaves& leaves, const std::string& name, int width, const Normed& normed)
      : norm(leaves, name + ".group_norm", width, normed.groups, normed.eps) {
    q = Linear(leaves, name + ".to_q", width, width);
    k = Linear(leaves, name + ".to_k", width, width);
    v = Linear(leaves, name + ".to_v", width, width);
    out = Linear(leaves, name + ".to_out.0", width, width);
  }
  Tensor operator()(const Tensor& x) const {
    const Tensor h = norm(x).flatten(2).transpose(1, 2);  // [B,HW,C]
    return x + out(attention(q(h), k(h), v(h), 1)).transpose(1, 2).reshape(x.sizes());
  }
  void count(Cost& cost, double pixels) const {
    for (const Linear* linear : {&q, &k, &v, &out}) cost.add(*linear, pixels);
    cost.operations += 4 * static_cast<double>(q.weight.size(0)) * pixels * pixels;
  }
};

struct Level {
  std::vector<Residual> residuals;
  std::optional<Conv> resample;
};

/// residual, attention, residual.
struct Middle {
  std::vector<Residual> residuals;
  std::optional<PixelAttention> attention;

  Tensor operator()(const Tensor& x) const {
    const Tensor h = residuals[0](x);
    return residuals[1](attention ? (*attention)(h) : h);
  }
};

struct Half {
  Conv in, out;
  std::vector<Level> levels;
  std::optional<Middle> middle;
  GroupNorm norm_out;
};

Middle middle_of(Leaves& leaves, const std::string& name, int width, bool attends, const Normed& normed) {
  Middle middle;
  if (attends) middle.attention.emplace(leaves, name + ".attentions.0", width, normed);
  for (int i = 0; i < 2; ++i)
    middle.residuals.emplace_back(leaves, fmt::format("{}.resnets.{}", name, i), width, width, 0, normed);
  return middle;
}

}  // namespace

struct Autoencoder::Parts {
  Half encoder, decoder;
  Conv quant, post_quant;
};

Autoencoder::Autoencoder(const Autoencoder&) = default;
Autoencoder::Autoencoder(Autoencoder&&) noexcept = default;
Autoencoder::~Autoencoder() = default;

Autoencoder::Autoencoder(AutoencoderConfig config, at::Device device, at::ScalarType dtype)
    : Network(device, dtype), config_(std::move(config)) {
  config_.validate();
  const AutoencoderConfig& c = config_;
  const Normed normed{.groups = c.norm_num_groups, .eps = 1e-6, .act = c.act_fn};
  const auto parts = std::make_shared<Parts>();
  const auto& widths = c.block_out_channels;
  const std::size_t levels = widths.size();
  const int coarsest = widths.back();

  Half& e = parts->encoder;
  e.in = Conv(leaves_, "encoder.conv_in", c.in_channels, widths[0], 3, 1, 1);
  int width = widths[0];
  for (std::size_t l = 0; l < levels; ++l) {
    Level& level = e.levels.emplace_back();
    for (int i = 0; i < c.layers_per_block; ++i)
      level.residuals.emplace_back(leaves_, fmt::format("encoder.down_blocks.{}.resnets.{}", l, i),
                                   i == 0 ? width : widths[l], widths[l], 0, normed);
    width = widths[l];
    if (l + 1 < levels)
      level.resample =
          Conv(leaves_, fmt::format("encoder.down_blocks.{}.downsamplers.0.conv", l), width, width, 3, 2, 0);
  }
  e.middle = middle_of(leaves_, "encoder.mid_block", coarsest, c.mid_block_add_attention, normed);
  e.norm_out = GroupNorm(leaves_, "encoder.conv_norm_out", coarsest, normed.groups, normed.eps);
  e.out = Conv(leaves_, "encoder.conv_out", coarsest, 2 * c.latent_channels, 3, 1, 1);

  Half& d = parts->decoder;
  d.in = Conv(leaves_, "decoder.conv_in", c.latent_channels, coarsest, 3, 1, 1);
  width = coarsest;
  for (std::size_t i = 0; i < levels; ++i) {
    const int out = widths[levels - 1 - i];
    Level& level = d.levels.emplace_back();
    for (int block = 0; block <= c.layers_per_block; ++block)
      level.residuals.emplace_back(leaves_, fmt::format("decoder.up_blocks.{}.resnets.{}", i, block),
                                   block == 0 ? width : out, out, 0, normed);
    width = out;
    if (i + 1 < levels)
      level.resample = Conv(leaves_, fmt::format("decoder.up_blocks.{}.upsamplers.0.conv", i), width, width, 3, 1, 1);
  }
  d.middle = middle_of(leaves_, "decoder.mid_block", coarsest, c.mid_block_add_attention, normed);
  d.norm_out = GroupNorm(leaves_, "decoder.conv_norm_out", widths[0], normed.groups, normed.eps);
  d.out = Conv(leaves_, "decoder.conv_out", widths[0], c.out_channels, 3, 1, 1);
  if (c.use_quant_conv)
    parts->quant = Conv(leaves_, "quant_conv", 2 * c.latent_channels, 2 * c.latent_channels, 1, 1, 0);
  if (c.use_post_quant_conv)
    parts->post_quant = Conv(leaves_, "post_quant_conv", c.latent_channels, c.latent_channels, 1, 1, 0);
  parts_ = parts;
}

at::ScalarType Autoencoder::type() const { return products_type(precision(), leaves_.dtype()); }

Autoencoder::Moments Autoencoder::encode(const Tensor& images) const {
  const Half& e = parts_->encoder;
  if (images.dim() != 4 || images.size(1) != config_.in_channels || images.size(2) % config_.factor() != 0 ||
      images.size(3) % config_.factor() != 0)
    throw Error("autoencoder", fmt::format("images of shape [{}]", fmt::join(images.sizes(), ",")),
                fmt::format("[B,{},H,W] with sides that {} divides", config_.in_channels, config_.factor()),
                "shrink or pad them first");
  Tensor h = e.in(images.to(type()));
  for (const Level& level : e.levels) {
    for (const Residual& block : level.residuals) h = block(h);
    if (level.resample)  // a row and a column of zeros follow
      h = (*level.resample)(at::_ops::constant_pad_nd::call(h, std::vector<c10::SymInt>{0, 1, 0, 1}, 0));
  }
  h = e.out(activation("silu", e.norm_out((*e.middle)(h))));
  if (parts_->quant.weight.defined()) h = parts_->quant(h);
  const std::vector<Tensor> halves = h.to(leaves_.dtype()).chunk(2, 1);
  return {halves[0], (halves[1].clamp(-30, 20) * 0.5).exp()};
}

Tensor Autoencoder::decode(const Tensor& latents) const {
  const Half& d = parts_->decoder;
  if (latents.dim() != 4 || latents.size(1) != config_.latent_channels)
    throw Error("autoencoder", fmt::format("latents of shape [{}]", fmt::join(latents.sizes(), ",")),
                fmt::format("[B,{},h,w]", config_.latent_channels), "give latents of this autoencoder");
  Tensor h = latents.to(type());
  if (parts_->post_quant.weight.defined()) h = parts_->post_quant(h);
  h = (*d.middle)(d.in(h));
  for (const Level& level : d.levels) {
    for (const Residual& block : level.residuals) h = block(h);
    if (level.resample) h = (*level.resample)(upsample_nearest(h));
  }
  return d.out(activation("silu", d.norm_out(h))).to(leaves_.dtype());
}

namespace {

Cost decoding(const Half& d, const Conv& post_quant, const AutoencoderConfig& c) {
  Cost cost;
  double side = static_cast<double>(c.sample_size) / c.factor();
  cost.add(post_quant, side * side), cost.add(d.in, side * side);
  for (const Residual& block : d.middle->residuals) block.count(cost, side * side);
  if (d.middle->attention) d.middle->attention->count(cost, side * side);
  for (const Level& level : d.levels) {
    for (const Residual& block : level.residuals) block.count(cost, side * side);
    if (level.resample) side *= 2, cost.add(*level.resample, side * side);
  }
  cost.add(d.out, side * side);
  return cost;
}

}  // namespace

double Autoencoder::forward_flops() const { return decoding(parts_->decoder, parts_->post_quant, config_).operations; }
double Autoencoder::forward_values() const { return decoding(parts_->decoder, parts_->post_quant, config_).values; }

}  // namespace diffmem::stable
