// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/sampler/replayed.hpp>
#include <diffmem/study/detail/evaluate.hpp>
#include <diffmem/study/detail/memory.hpp>
#include <diffmem/study/detail/seconds_of.hpp>
#include <diffmem/study/detail/shared_folder.hpp>
#include <diffmem/study/detail/traced.hpp>
#include <diffmem/study/run.hpp>
#include <diffmem/train/saved_model.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace diffmem {
namespace {

constexpr std::int64_t kMostTried = 128;  // images

/// As many of `batch` images as show well what an image costs: far above the cost of a call, yet seconds at most.
std::int64_t few(const UNet& net, std::int64_t batch) {
  constexpr double kEnough = 5e9;  // operations of a forward pass
  return std::clamp<std::int64_t>(std::llround(kEnough / net.forward_flops()), 1, std::min(batch, kMostTried));
}

UNetConfig narrowed(UNetConfig net, int base) {
  net.base = std::min(net.base, base);
  return net;
}

/// Operations of a forward pass up to which a network is tried as it is.
constexpr double kQuickNet = 2e9;

/// Error if attention is asked for where the network has no level: it would be left out without a word.
void check_attention(const UNetConfig& net) {
  std::vector<int> sides;
  for (int l = 0; l < net.levels(); ++l) sides.push_back(net.resolution >> l);
  for (const int side : net.attention)
    if (std::ranges::find(sides, side) == sides.end())
      throw Error("network", fmt::format("attention = {}", side), fmt::format("some of {}", fmt::join(sides, ", ")),
                  "correct net.attention, or leave it empty");
}

}  // namespace

TrainedRun::TrainedRun(const Setup& setup, const std::string& series, const std::string& cell)
    : setup_(setup), series_(series), cell_(cell) {}
AnyRun::~AnyRun() = default;

Listing UNetRun::settings(const UNetConfig& net) const {
  Setup resolved = setup_;
  resolved.net = net;
  Listing all = {{"design", slug()}};
  for (const auto& part : {design_settings(), list_params(resolved)}) all.insert(all.end(), part.begin(), part.end());
  if (setup_.data.blend_source.empty())  // without a blend its class says nothing
    std::erase_if(all, [](const auto& setting) { return setting.first == "data.blend_class"; });
  return all;
}

Listing identity_of(Listing settings) {
  // Settings that runs of before do not list.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kNewer{
      {{"train.lr_rule", "constant"}, {"train.reduction", "sum"}, {"train.clip", "0"}}};
  std::erase_if(settings, [&](const auto& setting) {
    return std::ranges::any_of(
        kNewer, [&](const auto& newer) { return setting.first == newer.first && setting.second == newer.second; });
  });
  const bool stops = std::ranges::any_of(
      settings, [](const auto& setting) { return setting.first.starts_with("sample.stop.") && setting.second != "0"; });
  std::erase_if(settings, [&](const auto& setting) {
    return setting.first == "sample.batch" || setting.first == "train.checkpointing" ||
           (!stops && setting.first.starts_with("sample.stop."));
  });
  return settings;
}

RunPlan UNetRun::plan(const ImageSet& images, const std::string& digest) const {
  const UNet net = shape(setup_.net, images);
  check_attention(net.config());
  RunPlan p{.cell = cell_, .series = series_, .settings = settings(net.config())};
  p.settings.emplace_back("data.digest", digest);
  p.parameters = net.parameter_count();
  p.forward_flops = net.forward_flops();
  complete(p, images);
  // The network, whatever is trained on it, and how many images are tried at once.
  for (const auto& [name, text] : p.settings)
    if ((name.starts_with("net.") && name != "net.label_dim") || name == "train.precision" ||
        name == "train.checkpointing")
      p.cost_key += name + "=" + text + " ";
  p.cost_key += fmt::format("{} {}", std::min<std::int64_t>(p.micro_batch, kMostTried), setup_.sample.batch);
  return p;
}

void TrainedRun::complete(RunPlan& p, const ImageSet& images) const {
  p.name = run_name(fmt::format("{}-n{}", slug(), images.count), identity_of(p.settings));
  p.micro_batch = setup_.train.batch / setup_.train.accumulate;
  p.steps = setup_.train.total_steps(images.count);
  p.epochs = setup_.train.epoch(p.steps, images.count);
  p.trained = static_cast<double>(p.steps) * setup_.train.batch;
  p.denoised = static_cast<double>(std::min<std::int64_t>(setup_.train.evaluations, p.steps)) *
               static_cast<double>(setup_.sample.images) * evaluations();
  p.train_flops = 3 * p.forward_flops * p.trained;  // the backward pass costs about two forward passes
  p.sample_flops = p.forward_flops * p.denoised;
}

DenoiseCost try_denoising(const UNetModel& model, std::int64_t batch, at::Device device) {
  const UNetConfig& net = model.net().config();
  const std::int64_t n = few(model.net(), batch);
  const MemoryWatch watch;
  const Tensor x = zeros({n, net.channels, net.resolution, net.resolution}, kFloat32, device);
  const Tensor sigma = full({n}, 1, kFloat32, device);
  Replayed denoise(model, device);
  const double seconds = seconds_of([&] {
    const at::NoGradGuard no_grad;
    denoise(x, sigma, {}).sum().item();  // item() waits for the device
  });
  return {seconds / static_cast<double>(n), watch.peak() / static_cast<double>(n)};
}

RunCost UNetRun::try_out(const ImageSet& images, at::Device device) const {
  const UNet whole = shape(setup_.net, images);
  UNetConfig narrow = setup_.net;
  for (const int base : {64, 32, 16})  // widths that split into groups whatever the multipliers
    if (shape(narrow, images).forward_flops() > kQuickNet) narrow = narrowed(narrow, base);
  const UNet tried = shape(narrow, images);
  const double operations = whole.forward_flops() / tried.forward_flops(),
               width = static_cast<double>(setup_.net.base) / narrow.base;
  TrainParams params = setup_.train;
  params.batch = static_cast<int>(few(tried, params.batch / params.accumulate));
  params.accumulate = 1;

  const MemoryWatch watch;
  const double before = allocated_bytes();
  const auto training = trainer(narrow, params, images, device);
  const double held = watch.peak();
  RunCost cost;
  cost.train_seconds = operations * seconds_of([&] { training->step(); }) / params.batch;
  cost.sample_batch = setup_.sample.batch > 0 ? setup_.sample.batch : sampling_batch(whole, device);
  const DenoiseCost evaluation =
      try_denoising(dynamic_cast<const UNetModel&>(training->average()), cost.sample_batch, device);
  cost.denoise_seconds = operations * evaluation.seconds;
  cost.denoise_bytes = width * evaluation.bytes;

  // What is kept between steps grows as the parameters do.
  const double pixels = static_cast<double>(images.pixels.size()),
               kept = std::max(held, allocated_bytes() - before - pixels);  // held: on a GPU
  cost.held_bytes = pixels + static_cast<double>(whole.parameter_count()) *
                                 (sizeof(float) + kept / static_cast<double>(tried.parameter_count()));
  // Activations are a line over widths: attention's weights and the images do not grow.  Gradients, which are there as
  // well, are few at small widths.
  const int base = std::min(setup_.net.base, 16);
  cost.train_bytes = image_bytes(narrowed(setup_.net, base), images, device);
  if (setup_.net.base > base)
    cost.train_bytes += (setup_.net.base - base) / 8.0 *
                        (cost.train_bytes - image_bytes(narrowed(setup_.net, base - 8), images, device));
  return cost;
}

double UNetRun::image_bytes(const UNetConfig& net, const ImageSet& images, at::Device device) const {
  TrainParams params = setup_.train;
  const std::int64_t batch = params.batch / params.accumulate,
                     half = few(shape(net, images), std::max<std::int64_t>(1, batch / 2));
  params.accumulate = 1;
  const auto step_bytes = [&](std::int64_t count) {
    params.batch = static_cast<int>(count);
    const MemoryWatch watch;
    const auto training = trainer(net, params, images, device);
    const double held = watch.peak();
    training->step();
    return watch.peak() - held;
  };
  const double one = step_bytes(half);  // some gradients among them
  return batch > half ? (step_bytes(2 * half) - one) / static_cast<double>(half) : one;
}

SafeTensors UNetRun::weights(const AnyTrainer& trainer) const {
  SafeTensors weights = weights_of(dynamic_cast<const UNetModel&>(trainer.average()));
  weights.metadata["design"] = slug();
  return weights;
}

RunRecord TrainedRun::run(const ImageSet& images, const RunPlan& plan, const RunContext& context) {
  Listing facts = build_facts();
  facts.emplace_back("device", context.device.str());
  facts.emplace_back("checkpointing", to_text(setup_.train.checkpointing));
  SharedFolder folder(context, plan, facts);
  if (!folder.finished()) {
    const auto training = trainer(images, context);
    if (folder.resume(*training))
      context.board->say(fmt::format("{}: continues from step {}", cell_, training->progress().step));
    folder.rewind_to(training->progress());
    Trace trace;
    train(*training, folder, context, context.trace ? &trace : nullptr);
    if (context.trace) tell_trace(trace, setup_.train.precision, cell_, folder.path(), context);
  }
  RunRecord record = folder.record(images, context.pictures);
  record.name = plan.name, record.cell = cell_, record.series = series_;
  record.seed = setup_.train.seed;
  record.parameters = plan.parameters;
  record.epochs = setup_.train.epoch(record.steps, images.count);
  record.budget = to_text(setup_.train.budget);
  record.images_per_second =
      record.train_seconds > 0 ? static_cast<double>(record.steps * setup_.train.batch) / record.train_seconds : 0;
  return record;
}

/// `trace`, if not null, gets steps and a sampling.
void TrainedRun::train(AnyTrainer& trainer, SharedFolder& folder, const RunContext& context, Trace* trace) {
  TrainProgress& progress = trainer.progress();
  const std::int64_t total = trainer.total_steps(), size = trainer.images().count,
                     every = std::max<std::int64_t>(1, total / 200);
  ProgressBoard::Line line{.step = progress.step,
                           .total = total,
                           .begun_at = progress.step,
                           .epoch = setup_.train.epoch(progress.step, size),
                           .doing = "training"};
  const World& world = *context.world;
  double stepping = 0, waiting = 0;  // seconds since this process began, of steps and of their waits for others
  double saved = steady_seconds(), speed_since = steady_seconds();
  std::int64_t speed_from = progress.step, traced_steps = 0;
  Trace* sampling_trace = trace;
  while (true) {
    const std::int64_t at = progress.step;
    const bool measured = !progress.evaluations.empty() && progress.evaluations.back().step == at;
    if (setup_.train.evaluates_after(at, size) && !measured) {
      if (!evaluate(trainer, folder, context, line,
                    std::exchange(sampling_trace, nullptr))) {  // goes on with the next image after a restart
        folder.save(trainer);
        throw Interrupted(fmt::format("{}: stopped while sampling at step {} of {}, saved", cell_, at, total));
      }
      line.doing = "training";
      speed_since = steady_seconds(), speed_from = at;
    }
    const bool stops = world.any(interrupted());
    if (stops || trainer.finished() || steady_seconds() - saved > context.checkpoint_seconds) {
      folder.save(trainer);
      saved = steady_seconds();
    }
    if (trainer.finished()) break;
    if (stops) throw Interrupted(fmt::format("{}: stopped at step {} of {}, saved", cell_, at, total));

    const bool warm = at - line.begun_at >= kTraceFrom || at + 1 == total;
    Trace* step_trace = warm && traced_steps < kTraceSteps ? trace : nullptr;
    if (step_trace) ++traced_steps;
    const double begun = steady_seconds(), waited = world.waited();
    double loss = 0;
    try {
      loss = traced(step_trace, [&] { return trainer.step(); });
    } catch (const NotFinite& e) {
      const auto good = folder.newest();
      throw NotFinite(fmt::format(
          "{}: {}; {}", cell_, e.what(),
          good.empty() ? "there is no checkpoint yet" : fmt::format("the last good checkpoint is {}", good.string())));
    }
    progress.train_seconds += steady_seconds() - begun;
    stepping += steady_seconds() - begun, waiting += world.waited() - waited;
    const std::int64_t step = progress.step;
    if (step % every == 0 || trainer.finished()) {
      progress.losses.push_back(
          {step, setup_.train.epoch(step, size), progress.loss_sum / static_cast<double>(progress.loss_count)});
      progress.loss_sum = 0, progress.loss_count = 0;
      folder.add(progress.losses.back());
    }
    if (steady_seconds() - speed_since > 0.5) {
      line.images_per_second =
          static_cast<double>((step - speed_from) * setup_.train.batch) / (steady_seconds() - speed_since);
      speed_since = steady_seconds(), speed_from = step;
    }
    line.step = step, line.epoch = setup_.train.epoch(step, size), line.loss = loss;
    context.board->update(cell_, line);
  }
  folder.finish(progress, weights(trainer));
  const Evaluation* best = best_of(progress.evaluations);
  const std::string shared = world.is_alone() || stepping == 0
                                 ? ""
                                 : fmt::format(" by {} processes ({:.1f} % of it waiting for each other)", world.size(),
                                               100 * waiting / stepping);
  context.board->finish(
      cell_, fmt::format("{}: done, {} steps in {}{}, ratio {:.1f} % [{:.1f}, {:.1f}], KNN distance {:.2f}", cell_,
                         total, duration_text(progress.train_seconds), shared, 100 * best->ratio, 100 * best->low,
                         100 * best->high, best->knn_distance));
}

/// Samples and measures; false if Ctrl-C came first.  `trace`, if not null, gets the first batch and the measuring.
bool TrainedRun::evaluate(AnyTrainer& trainer, SharedFolder& folder, const RunContext& context,
                          ProgressBoard::Line& line, Trace* trace) {
  const double begun = steady_seconds();
  const auto& s = setup_.sample;
  GenerateOptions options;
  options.seed = s.seed, options.images = s.images, options.labels = s.labels;
  options.batch = s.batch > 0 ? s.batch : sampling_batch(trainer.average().net(), context.device);
  const std::int64_t step = trainer.progress().step;
  const ImageSet& training = trainer.images();
  Trace* batch_trace = trace;
  const auto generated = generate_in_parts(
      folder, step, training, options, s.stop, context,
      [&](const GenerateOptions& part) {
        return traced(std::exchange(batch_trace, nullptr), [&] { return trainer.generate(part); });
      },
      [&](std::int64_t done) {
        line.doing = fmt::format("sampling {}/{}", done, s.images);
        context.board->update(cell_, line);
      });
  if (!generated) return false;
  Evaluation e = traced(trace, [&] { return evaluation_of(*generated, training, s, *context.world, context.threads); });
  e.step = step, e.epoch = setup_.train.epoch(step, training.count), e.seconds = steady_seconds() - begun;
  trainer.progress().evaluations.push_back(e);
  folder.add(e, *generated, training);
  return true;
}

}  // namespace diffmem
