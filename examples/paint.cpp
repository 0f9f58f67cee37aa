// SPDX-License-Identifier: MIT
// Images from prompts, by a Stable Diffusion 1.x or 2.x in diffusers' layout; and a fine-tuned run as such a folder.
//
//     build/release/examples/paint --model stable-diffusion-v1-5 --prompt "an art nouveau painting"
//     build/release/examples/paint --model stable-diffusion-v1-5 --weights out/runs/stable-*/weights.safetensors
//                                  --prompt "a realism painting" --export out/tuned
//
// writes out/paint/images.png and images.safetensors: uint8 "images" [N,C,H,W] and float32 "latents" [N,c,h,w], from which
// they were decoded.  --export writes the folder, which diffusers loads, with the weights of a run of stable-diffusion.
// A tiny model's 4 images of 32x32 take half a second on two cores, one 512x512 image of SD 1.5 minutes.
#include <diffmem/core/file.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/report/png.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/latents.hpp>
#include <diffmem/stable/model.hpp>
#include <diffmem/stable/pipeline.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/progress.hpp>

#include <fmt/format.h>

#include <filesystem>

using namespace diffmem;

namespace {

struct Options {
  std::string model, weights, exported, out = "out/paint", latents, device = "cpu";
  std::vector<std::string> prompts;
  std::int64_t images = 4, side = 0;
  std::uint64_t seed = 0;
  int steps = 50, threads = 0;
  double guidance = 7.5, eta = 0;
  Precision precision = Precision::fp32;
  bool dry_run = false;
};

bool parse(int argc, char** argv, Options& o) {
  CommandLine line("paint", "images from prompts, by Stable Diffusion");
  line.flag("dry-run", o.dry_run, "print the model's size and what would be written; write nothing");
  line.option("model", o.model, "folder in diffusers' layout: model_index.json, unet/, vae/, text_encoder/, ...");
  line.option("weights", o.weights, "a U-Net's weights in place of the folder's: weights.safetensors of a run");
  line.option("export", o.exported, "write a folder with these weights, which diffusers loads");
  line.list("prompt", o.prompts, "text; image i gets the i-th, in turns; none: the empty one, without guidance");
  line.option("images", o.images, "how many");
  line.option("side", o.side, "of the images, in pixels; 0: the U-Net's own");
  line.option("seed", o.seed, "of the latents");
  line.option("latents", o.latents, "a .safetensors with \"latents\" [N,c,h,w] to begin with, instead of a seed's");
  line.option("steps", o.steps, "of DDIM");
  line.option("eta", o.eta, "share of fresh noise in its steps: 0 to 1");
  line.option("guidance", o.guidance, "scale of classifier-free guidance; 1: none");
  line.option("out", o.out, "folder of the images");
  line.option("device", o.device, "cpu or cuda");
  line.option("precision", o.precision, "of the networks: fp32, bf16 or fp16");
  line.option("threads", o.threads, "0: one per core");
  if (!line.read(argc, argv)) return false;
  on_command_line([&] {
    if (o.model.empty()) throw Error("command line", "no --model", "a folder", "--help lists the options");
    need(o.images >= 1, "command line", "--images", static_cast<double>(o.images), "1 or more");
    need(o.threads >= 0 && o.threads <= kMostThreads, "command line", "--threads", o.threads,
         fmt::format("0 to {}", kMostThreads));
  });
  return true;
}

/// A schedule alone, which is all that a model needs of its design here.
struct Scheduling {
  DdpmSchedule schedule;
};

int paint(int argc, char** argv) {
  Options o;
  if (!parse(argc, argv, o)) return 0;
  const stable::Pipeline pipeline(o.model);
  const at::Device device = parse_device(o.device);
  set_up_runtime({.threads = o.threads});
  Scheduling design;
  SpacedDdim sampler;
  pipeline.scheduler().tell(design.schedule, sampler);
  sampler.at.steps = o.steps, sampler.eta = o.eta, sampler.guidance = o.guidance;
  on_command_line([&] { sampler.plan(); });
  const int factor = pipeline.autoencoder().factor();
  if (o.side % factor != 0)
    throw UsageError(fmt::format("--side {}: want a multiple of {}, which the autoencoder shrinks by", o.side, factor));
  const std::int64_t side = o.side > 0 ? o.side / factor : pipeline.unet().sample_size;
  Tensor given;
  if (!o.latents.empty()) {
    given = read_safetensors(o.latents).at("latents").to(device, kFloat64);
    if (given.dim() != 4 || given.size(1) != pipeline.unet().in_channels)
      throw Error("--latents " + o.latents, fmt::format("{} dimensions", given.dim()),
                  fmt::format("[N,{},h,w]", pipeline.unet().in_channels), "give latents of this model");
    o.images = given.size(0);
  }
  const SafeTensors weights = o.weights.empty() ? pipeline.unet_weights() : read_safetensors(o.weights);
  if (o.dry_run) {
    const stable::UNet shape(pipeline.unet(), at::kMeta);
    fmt::print("{}: a U-Net of {} parameters, {:.1f} GFLOP an evaluation; {} evaluations an image, {} images in {}\n",
               o.model, count_text(shape.parameter_count()), 1e-9 * shape.forward_flops(), sampler.evaluations(),
               o.images, o.out);
    return 0;
  }
  if (!o.exported.empty()) {
    stable::UNet fits(pipeline.unet());  // Error unless they do
    load_component(fits, weights);
    export_folder(pipeline, tensors_of(fits), o.exported);
    fmt::print("{}: the model with these weights\n", o.exported);
  }
  std::vector<std::string> prompts = o.prompts;
  prompts.emplace_back();
  stable::LatentModel<Scheduling> model(design, pipeline.unet(), pipeline.embed(prompts, device), device);
  load_component(model.net(), weights);
  model.net().set_precision(o.precision);
  const auto autoencoder = pipeline.load_autoencoder(device, o.precision);

  const std::filesystem::path out = o.out;
  make_folder(out);
  catch_interrupts();
  ProgressBoard board;
  ProgressBoard::Line line{.unit = "image", .total = o.images};
  const at::NoGradGuard no_grad;
  SafeTensors made;
  std::vector<std::uint8_t> pixels;
  Tensors latents;
  for (std::int64_t i = 0; i < o.images; ++i) {
    board.update("painting", line);
    if (interrupted()) throw Interrupted("stopped; nothing was written");
    NoiseSource noise =
        image_noise(o.seed, static_cast<std::uint64_t>(i), 1, {pipeline.unet().in_channels, side, side}, device);
    if (given.defined()) noise.latents = [&] { return given.narrow(0, i, 1); };
    const Tensor label =
        o.prompts.empty()
            ? Tensor()
            : full({1}, static_cast<double>(i % static_cast<std::int64_t>(o.prompts.size())), kInt64, device);
    latents.push_back(sampler(model, noise, model.sigma_range(), label).to(kFloat32));
    for (const double value : values_of<double>(stable::decoded(*autoencoder, latents.back())))
      pixels.push_back(quantise(value));
    line.step = i + 1;
  }
  made.tensors.emplace("latents", cat(latents));
  const std::int64_t h = latents[0].size(2) * factor, w = latents[0].size(3) * factor,
                     c = pipeline.autoencoder().out_channels;
  made.tensors.emplace("images", tensor_of(std::span<const std::uint8_t>(pixels), {o.images, c, h, w}));
  write_safetensors(out / "images.safetensors", made);
  write_file_atomically(out / "images.png",
                        encode_png(tile_images(pixels, static_cast<int>(c), static_cast<int>(h), static_cast<int>(w),
                                               static_cast<int>(std::min<std::int64_t>(o.images, 8)),
                                               display_scale(static_cast<int>(h), static_cast<int>(w)))));
  board.finish("painting", fmt::format("{} images: {}", o.images, (out / "images.png").string()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return exit_code_of([&] { return paint(argc, argv); });
}
