// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/study/detail/evaluate.hpp>
#include <diffmem/study/detail/traced.hpp>
#include <diffmem/study/optimum_run.hpp>

#include <fmt/format.h>

#include <utility>

namespace diffmem {
namespace {

constexpr std::int64_t kBatch = 64;  // images sampled together

OptimalDenoiser optimum_of(const ImageSet& images, int threads) {
  return OptimalDenoiser(Posterior(images, {}, {.threads = threads}));
}

}  // namespace

AnyOptimumRun::AnyOptimumRun(const Setup& setup, std::string series, std::string cell)
    : setup_(setup), series_(std::move(series)), cell_(std::move(cell)) {
  setup_.sample.seed = setup_.train.seed;
}

GenerateOptions AnyOptimumRun::options(const ImageSet& images) const {
  return {.seed = setup_.sample.seed,
          .images = setup_.sample.images,
          .batch = setup_.sample.batch > 0 ? setup_.sample.batch : kBatch,
          .shape = {images.channels, images.height, images.width}};
}

RunPlan AnyOptimumRun::plan(const ImageSet& images, const std::string& digest) const {
  RunPlan p{.cell = cell_, .series = series_, .settings = {{"design", "optimum-" + sampler_name()}}};
  for (const auto& [name, text] : sampler_settings()) p.settings.emplace_back("sampler." + name, text);
  for (const auto& [name, text] : list_params(setup_))
    if (name.starts_with("data.") || name.starts_with("sample.")) p.settings.emplace_back(name, text);
  p.settings.emplace_back("data.digest", digest);
  p.name = run_name(fmt::format("optimum-{}-n{}", sampler_name(), images.count), identity_of(p.settings));
  p.forward_flops = 4.0 * static_cast<double>(images.count * images.image_size());  // two products with every image
  p.cost_key = fmt::format("{} {} {}", sampler_name(), images.count, images.image_size());
  p.denoised = static_cast<double>(setup_.sample.images) * evaluations();
  p.sample_flops = p.forward_flops * p.denoised;
  return p;
}

RunCost AnyOptimumRun::try_out(const ImageSet& images, at::Device) const {
  // Of high noise, where every image counts, and of low noise, where few do: a sampling has about as many of both.
  constexpr std::int64_t kTried = 8;
  OptimalDenoiser optimum = optimum_of(images, 0);
  const Tensor noise =
      image_noise(setup_.sample.seed, 0, kTried, {images.channels, images.height, images.width}).latents();
  const double begun = steady_seconds();
  for (const double sigma : {20.0, 0.2}) optimum(noise * sigma, full({kTried}, sigma, kFloat64));
  RunCost cost;
  cost.denoise_seconds = (steady_seconds() - begun) / static_cast<double>(2 * kTried);
  cost.held_bytes = static_cast<double>(images.pixels.size());
  return cost;
}

RunRecord AnyOptimumRun::run(const ImageSet& images, const RunPlan& plan, const RunContext& context) {
  Listing facts = build_facts();
  facts.emplace_back("device", "cpu");
  SharedFolder folder(context, plan, facts);
  if (!folder.finished()) {
    folder.rewind_to({});
    ProgressBoard::Line line{.unit = "image", .total = setup_.sample.images, .doing = "sampling"};
    const double begun = steady_seconds();
    OptimalDenoiser optimum = optimum_of(images, context.threads);
    std::int64_t had = -1;
    Trace trace;
    Trace *const whole = context.trace ? &trace : nullptr, *first = whole;
    const auto generated = generate_in_parts(
        folder, 0, images, options(images), setup_.sample.stop, context,
        [&](const GenerateOptions& part) {
          if (had < 0) had = part.first;
          return traced(std::exchange(first, nullptr), [&] {
            return generate([&](const NoiseSource& noise, const Tensor&) { return sample(optimum, noise); }, part);
          });
        },
        [&](std::int64_t done) {
          line.step = done, line.begun_at = had;
          line.images_per_second = static_cast<double>(done - had) / (steady_seconds() - begun);
          context.board->update(cell_, line);
        });
    if (!generated)
      throw Interrupted(fmt::format("{}: stopped at image {} of {}, saved", cell_, line.step, line.total));
    Evaluation e = traced(
        whole, [&] { return evaluation_of(*generated, images, setup_.sample, *context.world, context.threads); });
    if (whole) tell_trace(trace, Precision::fp32, cell_, folder.path(), context);
    e.seconds = steady_seconds() - begun;
    folder.add(e, *generated, images);
    TrainProgress progress;
    progress.evaluations.push_back(e);
    SafeTensors nothing;
    nothing.metadata["design"] = plan.settings.front().second;
    folder.finish(progress, nothing);
    context.board->finish(
        cell_, fmt::format("{}: done, {} images, ratio {:.2f} %, {} nearest to an image that is there twice", cell_,
                           e.images, 100 * e.ratio, e.twins));
  }
  RunRecord record = folder.record(images, context.pictures);
  record.name = plan.name, record.cell = cell_, record.series = series_, record.seed = setup_.sample.seed;
  return record;
}

}  // namespace diffmem
