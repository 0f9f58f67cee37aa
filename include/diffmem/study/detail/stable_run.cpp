// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/texts.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/pipeline.hpp>
#include <diffmem/study/detail/memory.hpp>
#include <diffmem/study/detail/seconds_of.hpp>
#include <diffmem/study/stable_run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace diffmem {
namespace {

namespace fs = std::filesystem;
using stable::Pipeline;

/// The digest of a model folder's weights, looked up once a process.
std::string digest_of(const Pipeline& pipeline) {
  static std::mutex mutex;
  static std::map<fs::path, std::string> known;
  const std::lock_guard guard(mutex);
  if (const auto there = known.find(pipeline.folder()); there != known.end()) return there->second;
  return known[pipeline.folder()] = pipeline.digest();
}

/// A U-Net of this shape that is small enough to try: all of its widths divided by one number.
stable::UNetConfig narrowed(stable::UNetConfig config, double operations) {
  constexpr double kQuick = 2e9;  // operations of a forward pass
  const auto divides = [&](int by) {
    return std::ranges::all_of(config.block_out_channels,
                               [&](int width) { return width % by == 0 && width / by % config.norm_num_groups == 0; });
  };
  for (const int by : {10, 5, 2})
    if (operations > kQuick && divides(by)) {
      for (int& width : config.block_out_channels) width /= by;
      for (int& heads : config.attention_head_dim) heads = std::max(1, heads / by);
      break;
    }
  return config;
}

}  // namespace

stable::UNetConfig AnyStableRun::config(const ImageSet& images) const {
  if (pretrained().is_tiny()) return stable::unet_of(pretrained().recipe);
  const fs::path folder = pretrained().folder;
  const bool is_there = fs::exists(folder / "model_index.json");
  stable::UNetConfig config =
      is_there ? stable::UNetConfig::read(folder / "unet" / "config.json") : stable::UNetConfig();
  const auto autoencoder =
      is_there ? stable::AutoencoderConfig::read(folder / "vae" / "config.json") : stable::AutoencoderConfig();
  config.sample_size = static_cast<int>(images.height) / autoencoder.factor();
  return config;
}

RunPlan AnyStableRun::plan(const ImageSet& images, const std::string& digest) const {
  const stable::UNetConfig net_config = config(images);
  const stable::UNet net(net_config, at::kMeta);
  RunPlan p{.cell = cell_, .series = series_, .settings = {{"design", slug()}}};
  const Listing design = design_settings();
  p.settings.insert(p.settings.end(), design.begin(), design.end());
  for (const auto& [name, text] : list_params(setup_))
    if (!name.starts_with("net.") && !name.starts_with("data.blend")) p.settings.emplace_back(name, text);
  if (pretrained().is_tiny())
    std::erase_if(p.settings, [](const auto& setting) { return setting.first.starts_with("schedule."); });
  else if (const fs::path folder = pretrained().folder; fs::exists(folder / "model_index.json"))
    p.settings.emplace_back("family.digest", digest_of(Pipeline(folder)));
  p.settings.emplace_back("data.digest", digest);
  p.settings.emplace_back("prompts.digest", diffmem::digest(joined_texts(prompts(images))));
  p.parameters = net.parameter_count();
  p.forward_flops = net.forward_flops();
  complete(p, images);
  p.cost_key = fmt::format("{} {} {} {} {} {}", net_config.to_json(), p.micro_batch, setup_.sample.batch,
                           to_text(setup_.train.precision), setup_.train.checkpointing, evaluations());
  return p;
}

RunCost AnyStableRun::try_out(const ImageSet& images, at::Device device) const {
  const stable::UNetConfig whole = config(images);
  const stable::UNet shape(whole, at::kMeta);
  const stable::UNetConfig tried = narrowed(whole, shape.forward_flops());
  const stable::UNet small(tried, at::kMeta);
  const double operations = shape.forward_flops() / small.forward_flops(),
               values = shape.forward_values() / small.forward_values();

  const MemoryWatch watch;
  const double before = allocated_bytes();
  const std::int64_t latent[] = {images.count, tried.in_channels, tried.sample_size, tried.sample_size};
  stable::Material material{.config = tried};
  stable::UNet begun(tried, device);
  begun.initialise(1);
  material.unet = stable::tensors_of(begun);
  material.latents = {zeros(latent), full(latent, 1)};
  material.embeddings =
      zeros({static_cast<std::int64_t>(prompts(images).size()) + 1, 77, tried.cross_attention_dim.front()});
  TrainParams params = setup_.train;
  params.batch = std::min(4, params.batch / params.accumulate), params.accumulate = 1;

  const auto training = trainer(std::move(material), std::nullopt, params, images, device);
  RunCost cost;
  cost.train_seconds = operations * seconds_of([&] { training->step(); }) / params.batch;
  const double kept = std::max(0.0, allocated_bytes() - before);
  cost.held_bytes = static_cast<double>(images.pixels.size()) +
                    kept * static_cast<double>(shape.parameter_count()) / static_cast<double>(small.parameter_count());
  cost.train_bytes = values * std::max(0.0, watch.peak() - kept) / params.batch;
  cost.sample_batch = setup_.sample.batch > 0 ? setup_.sample.batch : sampling_batch(shape, device);
  const Tensor x = zeros({params.batch, latent[1], latent[2], latent[3]}, kFloat32, device),
               sigma = full({params.batch}, 1, kFloat32, device);
  const MemoryWatch evaluating;
  cost.denoise_seconds = operations * seconds_of([&] {
                           const at::NoGradGuard no_grad;
                           training->average()(x, sigma).sum().item();
                         }) /
                         params.batch;
  cost.denoise_bytes = values * evaluating.peak() / params.batch;
  return cost;
}

std::unique_ptr<AnyTrainer> AnyStableRun::trainer(const ImageSet& images, const RunContext& context) const {
  const fs::path out = context.runs.parent_path();
  ProgressBoard::Line line;
  const auto tell = [&](std::string_view doing, std::int64_t done, std::int64_t of) {
    if (line.doing != doing) line = {.doing = std::string(doing)};
    line.step = done, line.total = of;
    context.board->update(cell_, line);
  };
  const World& world = *context.world;
  fs::path folder = pretrained().folder;
  if (pretrained().is_tiny()) {
    ImageSet all =
        open_images(setup_.data.source, Split::train, {.side = setup_.data.resolution, .shrink = setup_.data.shrink});
    if (const int side = setup_.data.resolution; side > 0 && side != all.height)
      all = shrink(all, side, setup_.data.shrink);
    folder = out / "models" /
             ("tiny-" + digest(joined_texts(std::vector{all.digest(), joined_texts(all.captions),
                                                        fmt::format("{}", list_params(pretrained().recipe))}))
                            .substr(0, 12));
    world.lead([&] { stable::make_tiny(folder, pretrained().recipe, all, tell); });
  }
  const Pipeline pipeline(folder);
  const stable::Cache cache{.folder = out / "latents",
                            .progress = [&](std::int64_t done, std::int64_t of) { tell("latents", done, of); },
                            .stops = [] { return interrupted(); }};
  const std::string weights = digest_of(pipeline) + to_text(setup_.train.precision);
  stable::Material material{.config = pipeline.unet()};
  material.config.sample_size = static_cast<int>(images.height) / pipeline.autoencoder().factor();
  material.autoencoder = pipeline.load_autoencoder(context.device, setup_.train.precision);
  std::vector<std::string> texts = prompts(images);
  texts.emplace_back();  // the empty one
  const auto prepare = [&] {
    material.latents = cached_latents(images, *material.autoencoder, weights, cache);
    material.embeddings = cached_embeddings(
        texts, [&](const auto& given) { return pipeline.embed(given, context.device); }, weights, cache);
  };
  world.lead(prepare);
  if (!material.embeddings.defined()) prepare();  // the others find it
  material.unet = pipeline.unet_weights();
  return trainer(std::move(material), pipeline.scheduler(), setup_.train, images, context.device);
}

SafeTensors AnyStableRun::weights(const AnyTrainer& trainer) const {
  const auto& model = dynamic_cast<const stable::PromptedModel&>(trainer.average());
  SafeTensors weights = stable::tensors_of(model.net());
  weights.metadata["design"] = slug();
  return weights;
}

}  // namespace diffmem
