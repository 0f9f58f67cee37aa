// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/kernels/adam.hpp>
#include <diffmem/train/detail/cuda_update.hpp>
#include <diffmem/train/loss.hpp>
#include <diffmem/train/trainer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diffmem {

AnyTrainer::AnyTrainer(const TrainParams& params, ImageSet images, std::vector<std::int64_t> labels, at::Device device)
    : params_(params),
      images_(std::move(images)),
      labels_(std::move(labels)),
      device_(device),
      examples_(pixels_of(images_)),
      order_(params_.order, images_.count, params_.seed),
      // LibTorch's layers ask the host for each step's masks: plain is never recorded.
      recorded_(params_.precision == Precision::plain ? at::Device(at::kCPU) : device, "training") {
  params_.validate();
}

AnyTrainer::~AnyTrainer() = default;

UNetConfig AnyTrainer::fitted(UNetConfig net, const ImageSet& images, const std::vector<std::int64_t>& labels) {
  if (images.height != images.width)
    throw Error("training", fmt::format("images of {}x{}", images.height, images.width), "square images",
                "shrink or pad them first");
  net.resolution = static_cast<int>(images.height);
  net.channels = static_cast<int>(images.channels);
  net.label_dim = static_cast<int>(label_dim(labels));
  return net;
}

void AnyTrainer::begin(AnyModel& model, AnyModel& average) {
  Network& net = model.net();
  net.set_precision(params_.precision), average.net().set_precision(params_.precision);
  net.set_checkpointing(params_.checkpointing);
  average.net().copy_from(net);
  net.require_grad();
  for (const auto& [name, leaf] : net.parameters()) {
    names_.push_back(name);
    weights_.push_back(leaf);
    m_.push_back(zeros_like(leaf.detach()));
    v_.push_back(zeros_like(leaf.detach()));
  }
  for (const auto& [name, leaf] : average.net().parameters()) averages_.push_back(leaf);
  micros_.resize(static_cast<std::size_t>(params_.accumulate));
  if (params_.precision == Precision::fp16) scale_ = full({}, 1, kFloat32, device_);
  if (device_.is_cuda())
    update_ = std::make_unique<detail::CudaUpdate>(weights_, m_, v_, averages_, std::int64_t{params_.batch});
}

void AnyTrainer::join(const World& world) {
  if (world.is_alone()) return;
  if (params_.batch < params_.accumulate * world.size())
    throw Error(
        "training",
        fmt::format("batch {} in {} micro-batches over {} processes", params_.batch, params_.accumulate, world.size()),
        "an image or more in each", "start fewer processes, or raise train.batch");
  world_ = &world;
  progress_ = progress_of(world.from_lead(to_bytes(progress_)));
  visit([&](const std::string&, const Tensor& t) { world.from_lead(t); });
  next_step_ = -1;
  sum_ = std::make_unique<GradientSum>(world, weights_);
}

double AnyTrainer::step() {
  const Span span("training step");
  const std::int64_t at = progress_.step;
  const AdamStep numbers{.lr = params_.lr_at(at, images_.count),
                         .beta1 = params_.beta1,
                         .beta2 = params_.beta2,
                         .eps = params_.eps,
                         .count = at + 1,
                         .ema = params_.ema_at(at, images_.count),
                         .l2 = params_.decay_rule == WeightDecay::l2 ? params_.weight_decay : 0,
                         .decay = params_.decay_rule == WeightDecay::decoupled ? params_.weight_decay : 0};
  load(at);
  if (update_) update_->begin(numbers, at);
  const bool told = update_ && params_.precision != Precision::plain;  // the device is told the step, not the masks
  const auto work = [&] {
    if (update_) clear_gradients();  // a recording that was given up may have left some
    Dropout dropout{.seed = params_.seed,
                    .step = told ? 0 : static_cast<std::uint64_t>(at),
                    .device_step = told ? update_->step() : nullptr};
    dropout.first_place = static_cast<std::uint32_t>(world_->part(params_.batch).first);
    for (Micro& micro : micros_) {
      accumulate(micro, dropout);
      dropout.first_place += static_cast<std::uint32_t>(micro.images.size(0));
    }
    finish_gradients();
    if (!update_) return;
    Tensors losses;
    for (const Micro& micro : micros_) losses.push_back(micro.per_image);
    update_->launch(gradients(), losses);
    clear_gradients();
  };
  const auto run = [&] {
    if (scale_.defined()) scale_.fill_(progress_.loss_scale);
    if (sum_)
      work();  // NCCL's sums are not recorded
    else
      recorded_(work, [&] {
        if (update_) update_->upload();
      });
  };
  run();
  if (update_ && at + 1 < total_steps()) next_ = batches(at + 1), next_step_ = at + 1;

  double loss = 0;
  std::string bad;
  Tensor bad_sigma;
  std::int64_t first = world_->part(params_.batch).first;
  for (const Micro& micro : micros_) {
    const double value = micro.loss.item().toDouble();
    if (!std::isfinite(value) && bad.empty()) {
      const auto each = values_of<double>(micro.per_image);
      const auto worst = std::find_if(each.begin(), each.end(), [](double x) { return !std::isfinite(x); });
      const std::int64_t i = worst == each.end() ? 0 : worst - each.begin();
      bad = fmt::format("a loss of {} for image {} of the batch", value, first + i);
      bad_sigma = micro.sigma.narrow(0, i, 1);
    }
    loss += value, first += micro.images.size(0);
  }
  const auto sigmas = [&] {
    Tensors all;
    for (const Micro& micro : micros_) all.push_back(micro.sigma);
    return cat(all);
  };
  loss = world_->sum(loss);
  if (!bad.empty()) refuse(at, bad, bad_sigma);
  if (!std::isfinite(loss)) refuse(at, fmt::format("a loss of {} in another process", loss), sigmas());
  const auto weight_bytes = [&] {
    return static_cast<double>(model().net().parameter_count()) * static_cast<double>(weights_[0].element_size());
  };
  const auto finite = [&] {
    const Span check("finite check", {}, [&] { return Work{.bytes = weight_bytes()}; });
    return update_ ? update_->finite() : kernels::all_finite(gradients());
  };
  while (!finite()) {
    if (!scale_.defined() || progress_.loss_scale <= 1) refuse(at, "a gradient that is not finite", sigmas());
    progress_.loss_scale /= 2, progress_.scaled_steps = 0;  // it was too large for fp16: the same step again
    clear_gradients();
    run();
  }
  if (!update_) {
    // Reads weight, gradient, moments and average; writes all but the gradient.
    const Span update("Adam and EMA", {}, [&] { return Work{.bytes = 9 * weight_bytes()}; });
    adam_ema(weights_, gradients(), m_, v_, averages_, numbers);
    clear_gradients();
  }
  constexpr std::int64_t kCalm = 2000;  // steps after which a larger scale is tried
  if (scale_.defined() && ++progress_.scaled_steps == kCalm) progress_.loss_scale *= 2, progress_.scaled_steps = 0;
  ++progress_.step;
  progress_.loss_sum += loss;
  ++progress_.loss_count;
  return loss;
}

/// The micro-batches of this process's part of a step.
std::vector<TrainingBatch> AnyTrainer::batches(std::int64_t step) {
  if (step == next_step_) return std::move(next_);
  const Part mine = world_->part(params_.batch);
  std::vector<TrainingBatch> made;
  for (int i = 0; i < params_.accumulate; ++i) {
    const Part micro = part_of(mine.count, params_.accumulate, i);
    made.push_back(training_batch(examples_, labels_, order_, model().variate(), params_.seed, step, params_.batch,
                                  mine.first + micro.first, micro.count));
  }
  return made;
}

/// Puts a step's micro-batches where its work looks for them.
void AnyTrainer::load(std::int64_t step) {
  const AnyModel& m = model();
  const auto put = [&](Tensor& place, const Tensor& value) {
    if (place.defined() && device_.is_cuda())
      place.copy_(value);
    else if (value.defined())
      place = value.to(device_);
  };
  std::vector<TrainingBatch> loaded = batches(step);
  next_step_ = -1;
  for (std::size_t i = 0; i < micros_.size(); ++i) {
    const TrainingBatch& b = loaded[i];
    Micro& micro = micros_[i];
    put(micro.images, b.images), put(micro.noise, b.noise), put(micro.labels, b.labels);
    put(micro.sigma, m.training_sigma(b.variate)), put(micro.weight, m.loss_weight(micro.sigma));
  }
}

/// Adds the gradient of one micro-batch.
void AnyTrainer::accumulate(Micro& micro, Dropout dropout) {
  const AnyModel& m = model();
  const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor& labels) {
    return m(x, sigma, labels, &dropout);
  };
  const auto forward = [&] {
    const Span span("forward");
    const Tensor loss =
        denoising_loss(denoise, micro.images, micro.sigma, micro.weight, micro.noise, micro.labels).flatten(1);
    return params_.reduction == Reduction::mean ? loss.mean({1}) : loss.sum({1});
  };
  const Tensor per_image = forward(), share = per_image.sum() / static_cast<double>(params_.batch),
               scaled = scale_.defined() ? share * scale_ : share;
  {
    const Span span("backward");
    if (sum_ && &micro == &micros_.back())  // the earlier ones' gradients wait in the leaves
      sum_->backward(scaled);
    else
      scaled.backward();
  }
  micro.per_image = per_image.detach(), micro.loss = share.detach();
}

Tensors AnyTrainer::gradients() const {
  Tensors all;
  for (const Tensor& w : weights_) all.push_back(w.grad());
  return all;
}

void AnyTrainer::finish_gradients() {
  if (scale_.defined()) {
    const Tensor down = scale_.reciprocal();
    for (const Tensor& g : gradients()) g.mul_(down);
  }
  if (params_.clip == 0) return;
  Tensors lengths;
  for (const Tensor& g : gradients()) lengths.push_back(g.norm());
  const Tensor shorter = (stack(lengths).norm() + 1e-6).reciprocal().mul(params_.clip).clamp_max(1);
  for (const Tensor& g : gradients()) g.mul_(shorter);
}

void AnyTrainer::refuse(std::int64_t step, const std::string& got, const Tensor& sigma) {
  clear_gradients();
  const auto s = values_of<double>(sigma);
  const auto [low, high] = std::minmax_element(s.begin(), s.end());
  throw NotFinite(fmt::format("training step {}", step + 1),
                  s.size() == 1 ? fmt::format("{}, sigma {:.6g}", got, *low)
                                : fmt::format("{}, sigma {:.6g} to {:.6g}", got, *low, *high),
                  "finite numbers", "lower the learning rate, or look at the data");
}

void AnyTrainer::clear_gradients() {
  for (const Tensor& w : weights_) w.mutable_grad() = Tensor();
}

/// Visits every tensor of the state by its name in a checkpoint.
template <class Visit>
void AnyTrainer::visit(Visit&& see) const {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    see("net." + names_[i], weights_[i].detach());
    see("ema." + names_[i], averages_[i]);
    see("adam.m." + names_[i], m_[i]);
    see("adam.v." + names_[i], v_[i]);
  }
}

std::vector<std::uint8_t> AnyTrainer::generate(GenerateOptions options) const {
  options.shape = examples_.shape;
  options.classes = average().classes();
  options.device = device_;
  if (options.batch == 0) options.batch = sampling_batch(average().net(), device_);
  return diffmem::generate([this](const NoiseSource& noise, const Tensor& labels) { return sample(noise, labels); },
                           options);
}

Checkpoint AnyTrainer::checkpoint() const {
  Checkpoint c{.progress = progress_, .tensors = {}};
  visit([&](const std::string& name, const Tensor& t) { c.tensors.tensors.emplace(name, t); });
  return c;
}

void AnyTrainer::restore(const Checkpoint& c) {
  const at::NoGradGuard no_grad;
  visit([&](const std::string& name, const Tensor& t) {
    const Tensor& saved = c.tensors.at(name);
    if (saved.sizes() != t.sizes() || saved.scalar_type() != t.scalar_type())
      throw Error("checkpoint", fmt::format("{} of {} values", name, saved.numel()),
                  fmt::format("{} values", t.numel()), "continue it with the settings it was made with");
    t.copy_(saved);
  });
  progress_ = c.progress;
}

}  // namespace diffmem
