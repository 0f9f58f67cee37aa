// SPDX-License-Identifier: MIT
// Images from a weights file: a run's, or a published network's that tools/edm_to_safetensors converted.
//
//     build/release/examples/train --out out/train
//     build/release/examples/sample --weights out/runs/vp-*/weights.safetensors
//
// writes out/sample/images.png and images.safetensors (uint8 [N,C,H,W], called "images"): 64 images in half a second on
// one AVX-512 core.  The file says how its network was trained; --schedule, --sampler and their like overrule it.
// --dry-run tells all settings, time and memory first.  The same seed gives the same images.
#include <diffmem/core/file.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/report/png.hpp>
#include <diffmem/sampler/replayed.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/progress.hpp>
#include <diffmem/study/run.hpp>
#include <diffmem/study/run_folder.hpp>
#include <diffmem/train/saved_model.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

using namespace diffmem;

namespace {

constexpr std::size_t kShown = 256;  // images in the picture
constexpr int kColumns = 16;

struct Options {
  std::string weights, prefix, out = "out/sample", label = "uniform", device = "cpu";
  Precision precision = Precision::fp32;
  GenerateOptions images{.images = 64};
  std::vector<std::string> sets;
  std::vector<Assignment> words;  ///< role, chosen policy or nothing
  int threads = 0;
  bool dry_run = false;
};

/// False if there is nothing more to do.
bool parse(int argc, char** argv, Options& o) {
  const Menus menus = menus_of(AnyDesign{});
  CommandLine line("sample", "images from a weights file");
  line.flag("dry-run", o.dry_run, "print settings, time and memory; write nothing");
  line.option("weights", o.weights, "a weights.safetensors");
  line.option("prefix", o.prefix, "what the tensors' names begin with");
  line.option("out", o.out, "folder of the images");
  line.option("images", o.images.images, "how many");
  line.option("batch", o.images.batch, "images sampled together; 0: as many as are quick");
  line.option("seed", o.images.seed, "of noise and labels");
  line.option("label", o.label, "of conditional models: uniform, balanced, or one class for all images");
  o.words.reserve(menus.size());
  for (const auto& [role, words] : menus)
    line.option(role, o.words.emplace_back(role, "").second,
                fmt::format("{}; without it as the file says, else {}", fmt::join(words, ", "), words.front()));
  line.list("set", o.sets, "NAME=VALUE, such as sampler.steps=40; may be repeated");
  line.option("device", o.device, "cpu or cuda");
  line.option("precision", o.precision, "of the network: fp32, bf16 (images and products), plain, or tf32 (on CUDA)");
  line.option("threads", o.threads, "0: one per core, or one for a small network");
  if (!line.read(argc, argv)) return false;
  on_command_line([&] {
    const auto whole = [](bool holds, const char* option, auto got, const std::string& want) {
      need(holds, "command line", option, static_cast<double>(got), want);
    };
    if (o.weights.empty()) throw Error("command line", "no --weights", "a file", "--help lists the options");
    whole(o.images.images >= 1, "--images", o.images.images, "1 or more");
    whole(o.threads >= 0 && o.threads <= kMostThreads, "--threads", o.threads, fmt::format("0 to {}", kMostThreads));
  });
  return true;
}

/// What --label says.
void set_label(const std::string& text, GenerateOptions& images) {
  if (std::int64_t label = 0; from_text(text, label))
    images.label = label;
  else if (!from_text(text, images.labels))
    throw Error("--label", text, "uniform, balanced, or a class, from 0 on", "correct the word");
}

int sample(int argc, char** argv) {
  Options o;
  if (!parse(argc, argv, o)) return 0;
  const SafeTensors file = read_safetensors(o.weights);
  SavedModel saved = saved_model(file, o.prefix);
  GenerateOptions& options = o.images;
  options.shape = {saved.net.channels, saved.net.resolution, saved.net.resolution};
  options.classes = saved.net.label_dim;
  on_command_line([&] {
    for (const auto& [role, word] : o.words)
      if (!word.empty()) choose_by_word(saved.design, role, word);
    for (const auto& [name, text] : parse_sets(o.sets)) set_param(saved.design, name, text);
    saved.design.validate();
    set_label(o.label, options);
    options.validate();
  });
  options.device = parse_device(o.device);
  Model<AnyDesign> model(saved.design, saved.net, 0, options.device);
  load_weights(model.net(), file, o.prefix);
  model.net().set_precision(o.precision);
  set_up_runtime({.threads = o.threads == 0 && model.net().forward_flops() < kSmallNet ? 1 : o.threads});
  if (options.batch == 0) options.batch = sampling_batch(model.net(), options.device);
  const int evaluations = saved.design.sampler.evaluations();
  fmt::print("{}: {}, {} parameters\n", o.weights, saved.design.slug(), count_text(model.net().parameter_count()));

  if (o.dry_run) {
    for (const auto& [name, text] : weights_of(model).metadata) fmt::print("  {} = {}\n", name, text);
    const DenoiseCost cost = try_denoising(model, options.batch, options.device);
    const auto images = static_cast<double>(options.images);
    fmt::print("{} images, {} evaluations each: about {} and {:.0f} MB of tensors, by a short try on this machine.\n",
               options.images, evaluations, duration_text(images * evaluations * cost.seconds),
               (4.0 * static_cast<double>(model.net().parameter_count()) +
                cost.bytes * static_cast<double>(std::min(options.batch, options.images))) /
                   1e6);
    return 0;
  }
  const std::filesystem::path out = o.out;
  make_folder(out);
  catch_interrupts();
  ProgressBoard board;
  ProgressBoard::Line line{.unit = "image", .total = options.images};
  options.after_batch = [&](std::int64_t done) {
    line.step = done;
    board.update("sampling", line);
    return !interrupted() || done == options.images;
  };
  Replayed replayed(model, options.device);
  const auto images = generate(saved.design.sampler, replayed, model.sigma_range(), options);
  const int side = saved.net.resolution, channels = saved.net.channels;
  const auto size = static_cast<std::size_t>(channels * side * side);
  if (images.size() < size * static_cast<std::size_t>(options.images))
    throw Interrupted("stopped; nothing was written");
  write_images(out / "images.safetensors", images, options.shape);
  const auto shown = std::span(images).first(std::min(images.size(), kShown * size));
  write_file_atomically(out / "images.png",
                        encode_png(tile_images(shown, channels, side, side, kColumns, display_scale(side, side))));
  board.finish("sampling", fmt::format("{} images: {}", options.images, (out / "images.png").string()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return exit_code_of([&] { return sample(argc, argv); });
}
