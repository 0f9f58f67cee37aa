// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/stable/detail/config_file.hpp>
#include <diffmem/stable/detail/residual.hpp>
#include <diffmem/stable/text_encoder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace diffmem::stable {
namespace {

/// x += out(attention(norm1 x));  x += fc2(act(fc1(norm2 x))).
struct Layer {
  LayerNorm norm1, norm2;
  Linear q, k, v, out, fc1, fc2;

  Layer(Leaves& leaves, const std::string& name, const TextConfig& c) {
    const int width = c.hidden_size;
    k = Linear(leaves, name + ".self_attn.k_proj", width, width);
    v = Linear(leaves, name + ".self_attn.v_proj", width, width);
    q = Linear(leaves, name + ".self_attn.q_proj", width, width);
    out = Linear(leaves, name + ".self_attn.out_proj", width, width);
    norm1 = LayerNorm(leaves, name + ".layer_norm1", width, c.layer_norm_eps);
    fc1 = Linear(leaves, name + ".mlp.fc1", width, c.intermediate_size);
    fc2 = Linear(leaves, name + ".mlp.fc2", c.intermediate_size, width);
    norm2 = LayerNorm(leaves, name + ".layer_norm2", width, c.layer_norm_eps);
  }
};

}  // namespace

struct TextEncoder::Parts {
  Tensor tokens, positions;  // [vocabulary,D], [L,D]
  std::vector<Layer> layers;
  LayerNorm norm;
};

TextEncoder::TextEncoder(const TextEncoder&) = default;
TextEncoder::TextEncoder(TextEncoder&&) noexcept = default;
TextEncoder::~TextEncoder() = default;

TextEncoder::TextEncoder(TextConfig config, at::Device device, at::ScalarType dtype)
    : Network(device, dtype), config_(std::move(config)) {
  config_.validate();
  const TextConfig& c = config_;
  const auto parts = std::make_shared<Parts>();
  const InitLaw embedding{.fan_in = 1, .fan_out = 1, .gain = 0.02};  // uniform, of the deviation 0.02
  parts->tokens = leaves_.add("text_model.embeddings.token_embedding.weight", {c.vocab_size, c.hidden_size}, embedding);
  parts->positions = leaves_.add("text_model.embeddings.position_embedding.weight",
                                 {c.max_position_embeddings, c.hidden_size}, embedding);
  for (int i = 0; i < c.num_hidden_layers; ++i)
    parts->layers.emplace_back(leaves_, fmt::format("text_model.encoder.layers.{}", i), c);
  parts->norm = LayerNorm(leaves_, "text_model.final_layer_norm", c.hidden_size, c.layer_norm_eps);
  parts_ = parts;
}

Tensor TextEncoder::operator()(const Tensor& ids) const {
  const Parts& p = *parts_;
  if (ids.dim() != 2 || ids.size(1) > config_.max_position_embeddings || ids.numel() == 0 ||
      ids.min().item().toLong() < 0 || ids.max().item().toLong() >= config_.vocab_size)
    throw Error(
        "text encoder", fmt::format("ids of shape [{}]", fmt::join(ids.sizes(), ",")),
        fmt::format("[B,L] with L of 1 to {}, each 0 to {}", config_.max_position_embeddings, config_.vocab_size - 1),
        "tokenize with this model's own tokenizer");
  const auto type = products_type(precision(), leaves_.dtype());
  Tensor h = p.tokens.index_select(0, ids.flatten()).reshape({ids.size(0), ids.size(1), config_.hidden_size}) +
             p.positions.narrow(0, 0, ids.size(1));
  h = h.to(type);
  for (const Layer& layer : p.layers) {
    const Tensor x = layer.norm1(h);
    h = h + layer.out(attention(layer.q(x), layer.k(x), layer.v(x), config_.num_attention_heads, true));
    h = h + layer.fc2(activation(config_.hidden_act, layer.fc1(layer.norm2(h))));
  }
  return p.norm(h).to(leaves_.dtype());
}

double TextEncoder::forward_flops() const {
  Cost cost;
  const double rows = config_.max_position_embeddings;
  for (const Layer& layer : parts_->layers) {
    for (const Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.out, &layer.fc1, &layer.fc2})
      cost.add(*linear, rows);
    cost.operations += 4.0 * config_.hidden_size * rows * rows;
  }
  return cost.operations;
}

double TextEncoder::forward_values() const {
  return static_cast<double>(config_.num_hidden_layers) * config_.max_position_embeddings *
         (5.0 * config_.hidden_size + config_.intermediate_size);
}

TextConfig TextConfig::read(const std::filesystem::path& path) {
  detail::ConfigFile file(path);
  TextConfig c;
  constexpr int kMost = 1 << 24;
  if (!file.raw("architectures").is_null() &&
      file.texts("architectures", {}) != std::vector<std::string>{"CLIPTextModel"})
    throw NotSupported(file.who(), fmt::format("architectures {}", fmt::join(file.texts("architectures", {}), ", ")),
                       "CLIPTextModel", "this network is not supported");
  file.expect("model_type", {"clip_text_model"});
  c.vocab_size = file.integer("vocab_size", c.vocab_size, 1, kMost);
  c.hidden_size = file.integer("hidden_size", 512, 1, 1 << 16);
  c.intermediate_size = file.integer("intermediate_size", 2048, 1, 1 << 18);
  c.num_hidden_layers = file.integer("num_hidden_layers", 12, 0, 1024);
  c.num_attention_heads = file.integer("num_attention_heads", 8, 1, 1 << 12);
  c.max_position_embeddings = file.integer("max_position_embeddings", 77, 1, 1 << 16);
  c.hidden_act = file.text("hidden_act", "quick_gelu");
  c.layer_norm_eps = file.number("layer_norm_eps", 1e-5, 0, 1);
  c.projection_dim = file.integer("projection_dim", 512, 1, 1 << 16);
  c.bos_token_id = file.integer("bos_token_id", 49406, 0, kMost);
  c.eos_token_id = file.integer("eos_token_id", 49407, 0, kMost);
  c.pad_token_id = file.integer("pad_token_id", 1, 0, kMost);
  c.validate(file.who());
  return c;  // transformers' files hold much else that says nothing of the network
}

std::string TextConfig::to_json() const {
  return nlohmann::ordered_json{{"architectures", {"CLIPTextModel"}},
                                {"attention_dropout", 0.0},
                                {"bos_token_id", bos_token_id},
                                {"dropout", 0.0},
                                {"eos_token_id", eos_token_id},
                                {"hidden_act", hidden_act},
                                {"hidden_size", hidden_size},
                                {"initializer_factor", 1.0},
                                {"initializer_range", 0.02},
                                {"intermediate_size", intermediate_size},
                                {"layer_norm_eps", layer_norm_eps},
                                {"max_position_embeddings", max_position_embeddings},
                                {"model_type", "clip_text_model"},
                                {"num_attention_heads", num_attention_heads},
                                {"num_hidden_layers", num_hidden_layers},
                                {"pad_token_id", pad_token_id},
                                {"projection_dim", projection_dim},
                                {"torch_dtype", "float32"},
                                {"vocab_size", vocab_size}}
             .dump(2) +
         "\n";
}

void TextConfig::validate(std::string_view who) const {
  if (hidden_size % num_attention_heads != 0)
    throw Error(who, fmt::format("hidden_size {} in {} heads", hidden_size, num_attention_heads),
                "heads that divide it", "correct the configuration");
  if (std::ranges::find(kActivations, hidden_act) == kActivations.end())
    throw Error(who, "hidden_act " + hidden_act, fmt::format("one of {}", fmt::join(kActivations, ", ")),
                "correct the configuration");
}

}  // namespace diffmem::stable
