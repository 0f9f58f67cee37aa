// SPDX-License-Identifier: MIT
// Fine-tuning beside diffusers, and what every trainer owes.
#include "check.hpp"
#include "complaint.hpp"
#include "stable/tuning.hpp"

#include <cstdlib>

using namespace diffmem;
using Tuner = stable::LatentTrainer<tuning::Design>;

namespace {

double apart(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item().toDouble() / b.abs().max().item().toDouble();
}

Tuner trainer_of(const TestFolder& scratch, const TrainParams& params = tuning::params()) {
  return Tuner({}, tuning::material(scratch.path / "config.json"), params, tuning::images(), at::kCPU);
}

}  // namespace

// Writes $DIFFMEM_OUT/batches.safetensors, which make_training.py reads.
TEST_CASE("the batches of the fine-tuning", "[.batches]") {
  const char* out = std::getenv("DIFFMEM_OUT");
  if (!out) {  // ctest names cases by their file
    SUCCEED();
    return;
  }
  const TrainParams p = tuning::params();
  const stable::Latents latents = tuning::latents();
  const ImageSet images = tuning::images();
  DataOrder order(p.order, images.count, p.seed);
  const DdpmSchedule schedule;
  SafeTensors file;
  for (std::int64_t step = 0; step < tuning::kSteps; ++step) {
    const TrainingBatch b = training_batch(latents.examples(p.seed), images.labels, order, DdpmSchedule::variate,
                                           p.seed, step, p.batch, 0, p.batch);
    const std::string at = std::to_string(step);
    file.tensors.emplace("latents." + at, b.images), file.tensors.emplace("noise." + at, b.noise);
    file.tensors.emplace("labels." + at, b.labels);
    file.tensors.emplace("t." + at, schedule.coefficients(schedule.training_sigma(b.variate)).c_noise.to(kInt64));
  }
  file.tensors.emplace("embeddings", tuning::material(std::filesystem::path(out) / "config.json").embeddings);
  write_safetensors(std::filesystem::path(out) / "batches.safetensors", file);
}

TEST_CASE("ten steps of fine-tuning are diffusers' ten", "[stable][training]") {
  const TestFolder scratch;
  const SafeTensors want = read_safetensors(fixture("stable/training.safetensors"));
  const auto losses = values_of<double>(want.at("losses"));
  REQUIRE(losses.size() == 10);
  for (const bool again : {false, true}) {
    TrainParams params = tuning::params();
    params.checkpointing = again;
    Tuner trainer = trainer_of(scratch, params);
    for (const double loss : losses) REQUIRE(std::abs(trainer.step() / loss - 1) < 2e-5);  // 1e-4 is wanted
    for (const auto& [name, leaf] : trainer.model().net().parameters()) {
      INFO(name);
      REQUIRE(apart(leaf.detach(), want.at("net." + name)) < 1e-3);
    }
    for (const auto& [name, leaf] : trainer.average().net().parameters()) {
      INFO(name);
      REQUIRE(apart(leaf.detach(), want.at("ema." + name)) < 1e-3);
    }
  }
}

TEST_CASE("a fine-tuning that goes on from a checkpoint is the one that never stopped", "[stable][training]") {
  const TestFolder scratch;
  Tuner whole = trainer_of(scratch), begun = trainer_of(scratch), resumed = trainer_of(scratch);
  for (int i = 0; i < 4; ++i) whole.step(), begun.step();
  const Checkpoint saved = begun.checkpoint();
  resumed.restore(saved);
  for (int i = 0; i < 3; ++i) REQUIRE(whole.step() == resumed.step());
  for (std::size_t i = 0; i < whole.model().net().parameters().size(); ++i)
    REQUIRE(whole.model().net().parameters()[i].second.equal(resumed.model().net().parameters()[i].second));
}

TEST_CASE("fp16 halves its loss scale and does the same step again", "[stable][training]") {
  const TestFolder scratch;
  TrainParams params = tuning::params();
  Tuner exact = trainer_of(scratch, params);
  params.precision = Precision::fp16;
  Tuner trainer = trainer_of(scratch, params);
  trainer.progress().loss_scale = 0x1p40;  // gradients leave fp16's range
  const double loss = trainer.step();
  REQUIRE(std::abs(loss / exact.step() - 1) < 0.01);
  REQUIRE(trainer.progress().step == 1);
  REQUIRE(trainer.progress().loss_scale < 0x1p40);
  REQUIRE(trainer.progress().loss_scale > 1);
  REQUIRE(trainer.progress().scaled_steps == 1);
  // The scale is part of the state.
  const TrainProgress again = progress_of(to_bytes(trainer.progress()));
  REQUIRE(again.loss_scale == trainer.progress().loss_scale);
  REQUIRE(again.scaled_steps == 1);
  // Where no scale helps it is refused.
  params.lr = 1e30;
  Tuner broken = trainer_of(scratch, params);
  REQUIRE_THROWS_AS(
      [&] {
        for (int i = 0; i < 10; ++i) broken.step();
      }(),
      NotFinite);
}

TEST_CASE("images are made of latents by the autoencoder, each of its index alone", "[stable][training]") {
  const TestFolder scratch;
  const Tuner trainer = trainer_of(scratch);
  GenerateOptions options;
  options.images = 5, options.labels = LabelLaw::balanced;
  const auto all = trainer.generate(options);
  REQUIRE(all.size() == 5 * 3 * 16 * 16);
  options.batch = 2;
  const auto parts = trainer.generate(options);
  std::size_t apart = 0;  // of other batches, sums round otherwise
  for (std::size_t i = 0; i < all.size(); ++i) apart = std::max<std::size_t>(apart, std::abs(all[i] - parts[i]));
  REQUIRE(apart <= 1);
  options.label = 1;
  REQUIRE(trainer.generate(options) != parts);
}
