// SPDX-License-Identifier: MIT
#include <diffmem/core/detail/descriptor.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/kernels/adam.hpp>
#include <diffmem/stable/design.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/pipeline.hpp>
#include <diffmem/stable/trainer.hpp>
#include <diffmem/text/tokenizer.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <chrono>
#include <cmath>
#include <numbers>
#include <thread>
#include <utility>

namespace diffmem::stable {
namespace {

namespace fs = std::filesystem;

constexpr int kGroups = 8;
constexpr int kTextWidth = 64;
constexpr double kDivergence = 1e-6;  // weight of the latents' divergence from a standard normal (Rombach et al. 2022)

AutoencoderConfig autoencoder_of(const Recipe& r, std::int64_t channels) {
  AutoencoderConfig c;
  c.in_channels = c.out_channels = static_cast<int>(channels);
  c.block_out_channels = {r.codec_width};
  for (int level = 1; level < r.levels; ++level) c.block_out_channels.push_back(2 * r.codec_width);
  c.down_block_types.assign(c.block_out_channels.size(), "DownEncoderBlock2D");
  c.up_block_types.assign(c.block_out_channels.size(), "UpDecoderBlock2D");
  c.layers_per_block = 1;
  c.norm_num_groups = kGroups;
  c.sample_size = r.side;
  return c;
}

TextConfig text_of(const ClipTokenizer& tokenizer) {
  TextConfig c;
  c.vocab_size = static_cast<int>(tokenizer.vocabulary());
  c.hidden_size = kTextWidth, c.intermediate_size = 4 * kTextWidth, c.projection_dim = kTextWidth;
  c.num_hidden_layers = 2, c.num_attention_heads = 4;
  return c;
}

void stop_if_asked() {
  if (interrupted()) throw Interrupted("stopped while a small model was made; what is complete of it is kept");
}

/// One at a time makes the model of a folder, of all threads and processes; the others wait for it.
class Turn {
 public:
  explicit Turn(const fs::path& folder)
      : file_((make_folder(folder.parent_path()), lock_of(folder)), O_RDWR | O_CREAT) {
    while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
      stop_if_asked();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

 private:
  static fs::path lock_of(fs::path folder) { return folder += ".lock"; }
  diffmem::detail::Descriptor file_;  // closed, it is free
};

/// Trains an autoencoder to give images back, and sets its scaling_factor.
Autoencoder trained_autoencoder(const Recipe& r, const ImageSet& images, const TinyProgress& progress) {
  Autoencoder net(autoencoder_of(r, images.channels));
  net.initialise(r.recipe_seed);
  net.require_grad();
  Tensors weights, m, v, average;
  for (const auto& [name, leaf] : net.parameters()) {
    weights.push_back(leaf);
    for (Tensors* moments : {&m, &v}) moments->push_back(zeros_like(leaf.detach()));
    average.push_back(leaf.detach().clone());
  }
  const Examples examples = pixels_of(images);
  DataOrder order(Order::reshuffled, images.count, r.recipe_seed);
  const std::vector<std::int64_t> unlabelled;
  for (int step = 0; step < r.codec_steps; ++step) {
    stop_if_asked();
    const TrainingBatch batch =
        training_batch(examples, unlabelled, order, Variate::uniform, r.recipe_seed, step, r.batch, 0, r.batch);
    const Autoencoder::Moments law = net.encode(batch.images);
    std::vector<float> noise(static_cast<std::size_t>(law.mean.numel()));
    RandomStream(r.recipe_seed, Stream::latent, static_cast<std::uint64_t>(step)).fill_normal(std::span(noise));
    const Tensor drawn = law.mean + law.std * tensor_of(std::span<const float>(noise), law.mean.sizes());
    const Tensor divergence = (law.mean.square() + law.std.square() - 1.0 - law.std.square().log()).mean() * 0.5;
    const Tensor loss = (net.decode(drawn) - batch.images).square().mean() + divergence * kDivergence;
    loss.backward();
    if (!std::isfinite(loss.item().toDouble()))
      throw Error("tiny model", fmt::format("a loss of {} at step {}", loss.item().toDouble(), step + 1),
                  "finite numbers", "lower family.rate");
    Tensors gradients;
    for (const Tensor& w : weights) gradients.push_back(w.grad());
    const double done = static_cast<double>(step) / r.codec_steps;
    adam_ema(weights, gradients, m, v, average,
             {.lr = r.rate * 0.5 * (1 + std::cos(std::numbers::pi * done)), .count = step + 1, .ema = 0});
    for (const Tensor& w : weights) w.mutable_grad() = Tensor();
    if (progress) progress("autoencoder", step + 1, r.codec_steps);
  }
  return net;
}

/// Of the latents of at most 1,000 images: what brings their deviation to 1.
double scaling_of(const Autoencoder& net, const ImageSet& images) {
  const at::NoGradGuard no_grad;
  constexpr std::int64_t kMost = 1000;
  double sum = 0, squares = 0, count = 0;
  for (std::int64_t i = 0; i < std::min(kMost, images.count); ++i) {
    const Tensor mean = net.encode(images_of(images, i, 1)).mean;
    sum += mean.sum().item().toDouble(), squares += mean.square().sum().item().toDouble();
    count += static_cast<double>(mean.numel());
  }
  return 1 / std::sqrt(squares / count - (sum / count) * (sum / count));
}

/// Trains the U-Net of the folder with the prompts of C.
template <Prompting C>
SafeTensors trained_unet(const fs::path& folder, const Recipe& r, const ImageSet& images,
                         const TinyProgress& progress) {
  const Pipeline pipeline(folder);
  PromptDesign<Pretrained, DdpmSchedule, C, SpacedDdim> design;
  pipeline.scheduler().tell(design.schedule, design.sampler);
  std::vector<std::string> prompts = design.condition.prompts(images);
  prompts.emplace_back();
  Material material{.config = pipeline.unet()};
  material.unet = pipeline.unet_weights();
  material.autoencoder = pipeline.load_autoencoder(at::kCPU, Precision::fp32);
  const Cache cache{.folder = folder / "made-of"};
  material.latents = cached_latents(images, *material.autoencoder, pipeline.digest(), cache);
  material.embeddings = pipeline.embed(prompts, at::kCPU);
  fs::remove_all(cache.folder);
  LatentTrainer<decltype(design)> trainer(design, std::move(material),
                                          {.batch = r.batch,
                                           .budget = Budget::steps,
                                           .length = static_cast<double>(r.unet_steps),
                                           .warmup = 0.05 * r.unet_steps,
                                           .lr = r.rate,
                                           .lr_rule = LrRule::cosine,
                                           .ema = 0.99,
                                           .reduction = Reduction::mean,
                                           .order = Order::reshuffled,
                                           .seed = r.recipe_seed},
                                          images, at::kCPU);
  while (!trainer.finished()) {
    stop_if_asked();
    trainer.step();
    if (progress) progress("U-Net", trainer.progress().step, r.unet_steps);
  }
  return tensors_of(trainer.average().net());
}

}  // namespace

void Recipe::validate() const {
  constexpr std::string_view kWho = "tiny model";
  need(levels >= 1 && levels <= 6, kWho, "levels", levels, "1 to 6");
  need(side >= 1 << (levels + 1) && side <= 1024 && side % (1 << (levels + 1)) == 0, kWho, "side", side,
       fmt::format("a multiple of {}, at most 1024", 1 << (levels + 1)));
  for (const auto& [field, width] : {std::pair{"codec_width", codec_width}, {"unet_width", unet_width}})
    need(width >= kGroups && width <= 1024 && width % kGroups == 0, kWho, field, width,
         fmt::format("a multiple of {}, at most 1024", kGroups));
  need(codec_steps >= 1, kWho, "codec_steps", codec_steps, "1 or more");
  need(unet_steps >= 0, kWho, "unet_steps", unet_steps, "0 or more");
  need(batch >= 1, kWho, "batch", batch, "1 or more");
  need(rate > 0 && std::isfinite(rate), kWho, "rate", rate, "more than 0");
}

UNetConfig unet_of(const Recipe& r) {
  UNetConfig c;
  c.sample_size = r.side >> (r.levels - 1);
  c.block_out_channels = {r.unet_width, 2 * r.unet_width};
  c.down_block_types = {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D"};
  c.up_block_types = {"CrossAttnUpBlock2D", "CrossAttnUpBlock2D"};
  c.layers_per_block = {1, 1}, c.transformer_layers_per_block = {1, 1}, c.only_cross_attention = {0, 0};
  c.attention_head_dim = {4, 4};
  c.cross_attention_dim = {kTextWidth, kTextWidth};
  c.norm_num_groups = kGroups;
  return c;
}

void make_tiny(const fs::path& folder, const Recipe& r, const ImageSet& images, const TinyProgress& progress) {
  if (fs::exists(folder / "model_index.json")) return;
  r.validate();
  if (images.height != r.side || images.width != r.side)
    throw Error("tiny model", fmt::format("{}, {}x{}", images.name, images.height, images.width),
                fmt::format("images of {0}x{0}", r.side), "set data.resolution and family.side alike");
  const Turn turn(folder);
  if (fs::exists(folder / "model_index.json")) return;
  fs::path beside = folder;
  beside += ".partial";  // complete component by component
  make_folder(beside);
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges("");
  if (!fs::exists(beside / "vae" / "config.json")) {
    const Autoencoder net = trained_autoencoder(r, images, progress);
    AutoencoderConfig config = net.config();
    config.scaling_factor = scaling_of(net, images);
    write_component(beside / "vae", config.to_json(), tensors_of(net));
  }
  if (!fs::exists(beside / "text_encoder" / "config.json")) {
    TextEncoder encoder(text_of(tokenizer));
    encoder.initialise(r.recipe_seed);
    write_component(beside / "text_encoder", encoder.config().to_json(), tensors_of(encoder));
  }
  tokenizer.save(beside / "tokenizer");
  make_folder(beside / "scheduler");
  write_file_atomically(beside / "scheduler" / "scheduler_config.json", SchedulerConfig{}.to_json());
  UNet drawn(unet_of(r));
  drawn.initialise(r.recipe_seed);
  write_component(beside / "unet", drawn.config().to_json(), tensors_of(drawn));
  write_model_index(beside);
  if (r.unet_steps > 0) {
    const SafeTensors trained = images.captions.empty() ? trained_unet<ClassPrompt>(beside, r, images, progress)
                                                        : trained_unet<CaptionPrompt>(beside, r, images, progress);
    write_component(beside / "unet", drawn.config().to_json(), trained);
  }
  fs::rename(beside, folder);
  sync_folder(folder.parent_path());
}

}  // namespace diffmem::stable
