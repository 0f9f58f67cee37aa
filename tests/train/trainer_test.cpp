// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "train/tiny.hpp"

#include <diffmem/measure/memorization.hpp>

#include <ATen/Parallel.h>

#include <filesystem>
#include <limits>

using namespace diffmem;
using Catch::Matchers::Contains;

TEST_CASE("training lowers the loss and moves the average", "[train]") {
  auto p = tiny::params();
  p.length = 150;
  Trainer<tiny::Base> trainer({}, tiny::net(), p, tiny::images());
  double first = 0, last = 0;
  for (int i = 0; i < 150; ++i) {
    const double loss = trainer.step();
    (i < 20 ? first : last) += i < 20 || i >= 130 ? loss / 20 : 0;
  }
  REQUIRE(trainer.finished());
  REQUIRE(last < 0.5 * first);
}

TEST_CASE("a continued training equals an unbroken one bit for bit", "[train]") {
  auto p = tiny::params();
  p.order = GENERATE(Order::cycled, Order::reshuffled);
  const TestFolder folder;
  Trainer<tiny::Base> whole({}, tiny::net(), p, tiny::images());
  while (!whole.finished()) whole.step();
  {
    Trainer<tiny::Base> first({}, tiny::net(), p, tiny::images());
    for (int i = 0; i < 5; ++i) first.step();
    write_checkpoint(folder.path, first.checkpoint());
  }
  Trainer<tiny::Base> second({}, tiny::net(), p, tiny::images());
  second.restore(*read_newest_checkpoint(folder.path));
  REQUIRE(second.progress().step == 5);
  while (!second.finished()) second.step();
  REQUIRE(tiny::equal(tiny::state(whole), tiny::state(second)));
  REQUIRE(whole.generate({.images = 3, .batch = 3}) == second.generate({.images = 3, .batch = 3}));
}

TEST_CASE("gradient accumulation changes rounding only, dropout included", "[train]") {
  auto p = tiny::params();
  p.accumulate = 5;
  Trainer<tiny::Base> whole({}, tiny::net(), tiny::params(), tiny::images()), split({}, tiny::net(), p, tiny::images());
  for (int i = 0; i < 4; ++i) {
    const double a = whole.step(), b = split.step();
    REQUIRE(std::abs(a - b) <= 2e-5 * std::abs(a));
  }
}

TEST_CASE("a batch's random numbers do not depend on its split", "[train]") {
  const ImageSet set = tiny::images();
  DataOrder order(Order::reshuffled, set.count, 5);
  const TrainingBatch all = training_batch(pixels_of(set), set.labels, order, Variate::normal, 5, 3, 10, 0, 10);
  const TrainingBatch part = training_batch(pixels_of(set), set.labels, order, Variate::normal, 5, 3, 10, 4, 6);
  REQUIRE(part.images.equal(all.images.narrow(0, 4, 6)));
  REQUIRE(part.noise.equal(all.noise.narrow(0, 4, 6)));
  REQUIRE(part.variate.equal(all.variate.narrow(0, 4, 6)));
  REQUIRE(part.labels.equal(all.labels.narrow(0, 4, 6)));
}

TEST_CASE("rates warm up over epochs and then stay, as in the reference", "[train]") {
  const TrainParams p;  // the paper's
  REQUIRE(p.total_steps(1000) == 78'125);
  REQUIRE(p.lr_at(0, 1000) == 0);
  REQUIRE(p.ema_at(0, 1000) == 0);
  for (const std::int64_t size : {500, 1000, 5000}) {
    const std::int64_t step = 100 * size / 512;  // near epoch 100
    const double epoch = p.epoch(step, size);
    REQUIRE(std::abs(p.lr_at(step, size) - 2e-4 * epoch / 200) < 1e-12);
    REQUIRE(std::abs(p.ema_at(step, size) - std::exp2(-512 / (2500 * epoch))) < 1e-9);
  }
  REQUIRE(p.lr_at(1000, 1000) == 2e-4);
  REQUIRE(std::abs(p.ema_at(1000, 1000) - std::exp2(-512.0 / 500'000)) < 1e-9);
}

TEST_CASE("evaluations are evenly spaced and the last is at the end", "[train]") {
  TrainParams p = tiny::params();
  for (const auto& [length, evaluations] : {std::pair{12, 3}, {10, 3}, {2, 5}, {7, 7}}) {
    p.length = length, p.evaluations = evaluations;
    int count = 0;
    for (std::int64_t s = 0; s <= length; ++s) count += p.evaluates_after(s, 7);
    REQUIRE(count == std::min(length, evaluations));
    REQUIRE(p.evaluates_after(length, 7));
    REQUIRE_FALSE(p.evaluates_after(0, 7));
  }
}

TEST_CASE("a loss that is not finite stops with step and sigma, and changes nothing", "[train]") {
  auto p = tiny::params();
  p.warmup = 0, p.lr = 1e30;
  Trainer<tiny::Base> trainer({}, tiny::net(), p, tiny::images());
  Tensors before;
  const auto explode = [&] {
    for (int i = 0; i < 12; ++i) {
      before = tiny::state(trainer);
      trainer.step();
    }
  };
  REQUIRE_THROWS_WITH(explode(), Contains("training step") && Contains("sigma") && Contains("finite"));
  REQUIRE(tiny::equal(before, tiny::state(trainer)));
}

TEST_CASE("a gradient that is not finite under a finite loss stops, too", "[train]") {
  auto p = tiny::params();
  p.accumulate = 5;
  Trainer<tiny::Base> trainer({}, tiny::net(), p, tiny::images());
  const Tensors before = tiny::state(trainer);
  const Tensor leaf = trainer.model().net().parameters().front().second;
  leaf.mutable_grad() = full(leaf.sizes(), std::numeric_limits<double>::infinity());  // backward() adds to it
  REQUIRE_THROWS_WITH(trainer.step(), Contains("gradient") && Contains("training step 1") && Contains("sigma") &&
                                          Contains(" to "));  // of the whole batch, all five parts
  REQUIRE(tiny::equal(before, tiny::state(trainer)));
  trainer.step();  // and the gradient is gone
}

TEST_CASE("labels condition the model, and settings are checked", "[train]") {
  using Labelled = with<tiny::Base, TrueLabels>;
  Trainer<Labelled> trainer({}, tiny::net(), tiny::params(), tiny::images());
  REQUIRE(trainer.model().net().config().label_dim == 3);
  trainer.step();
  REQUIRE(trainer.generate({.images = 4, .batch = 4}).size() == 4 * 64);

  ImageSet bare = tiny::images();
  bare.labels.clear(), bare.classes = 0;
  REQUIRE_THROWS_WITH((Trainer<Labelled>({}, tiny::net(), tiny::params(), bare)),
                      Contains("condition true") && Contains("labelled"));
  auto p = tiny::params();
  p.accumulate = 3;
  REQUIRE_THROWS_WITH((Trainer<tiny::Base>({}, tiny::net(), p, tiny::images())),
                      Contains("accumulate") && Contains("divisor"));
}

TEST_CASE("weight decay of either kind makes the weights smaller, and differs", "[train]") {
  const auto squares = [](WeightDecay rule, double decay) {
    auto p = tiny::params();
    p.decay_rule = rule, p.weight_decay = decay, p.length = 30, p.lr = 1e-2;
    Trainer<tiny::Base> trainer({}, tiny::net(), p, tiny::images());
    while (!trainer.finished()) trainer.step();
    double sum = 0;
    for (const auto& [name, leaf] : trainer.model().net().parameters())
      sum += leaf.detach().square().sum().item().toDouble();
    return sum;
  };
  const double none = squares(WeightDecay::l2, 0), l2 = squares(WeightDecay::l2, 0.1),
               decoupled = squares(WeightDecay::decoupled, 0.5);
  REQUIRE(squares(WeightDecay::decoupled, 0) == none);
  REQUIRE(l2 < 0.98 * none);
  REQUIRE(decoupled < 0.98 * none);
  REQUIRE(l2 != decoupled);
}

TEST_CASE("image i depends on its index alone", "[train][sampler]") {
  auto p = tiny::params();
  p.length = 400, p.lr = 4e-3;
  auto net = tiny::net();
  net.dropout = 0;
  Trainer<with<tiny::Base, EdmSchedule>> trainer({}, net, p, tiny::images());
  while (!trainer.finished()) trainer.step();
  const auto all = trainer.generate({.seed = 2, .images = 200, .batch = 200});
  REQUIRE(all == trainer.generate({.seed = 2, .images = 200, .batch = 200}));
  const auto& training = trainer.images();
  const Memorization a = memorization(all, training.pixels, 64);
  REQUIRE(a.memorized > 0);  // both flags occur
  REQUIRE(a.memorized < 200);
  int far = 0;
  for (const std::int64_t batch : {13, 0}) {
    const auto other = trainer.generate({.seed = 2, .images = 200, .batch = batch});
    const Memorization b = memorization(other, training.pixels, 64);
    int differ = 0;
    far = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      bool near = true;
      for (std::size_t k = 0; k < 64; ++k) near &= std::abs(int(all[i * 64 + k]) - int(other[i * 64 + k])) <= 1;
      far += !near;
      differ += a.flags[i] != b.flags[i];
    }
    INFO("batch " << batch << ": " << far << " differ by more than a grey level");
    REQUIRE(far <= 2);     // 99 % of images
    REQUIRE(differ == 0);  // 99.9 % of flags
  }
  // A later start gives the later images.
  const auto tail = trainer.generate({.seed = 2, .first = 100, .images = 100, .batch = 100});
  far = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    bool near = true;
    for (std::size_t k = 0; k < 64; ++k) near &= std::abs(int(tail[i * 64 + k]) - int(all[(100 + i) * 64 + k])) <= 1;
    far += !near;
  }
  REQUIRE(far <= 1);
}

TEST_CASE("the batch that is chosen by itself follows the network's size and the threads, within memory", "[train]") {
  const auto chosen = [](int side, int base) {
    return sampling_batch(UNet({.resolution = side, .base = base}, SkipMask::all(), at::kMeta), at::kCPU);
  };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto small = chosen(8, 16), large = chosen(32, 128);
  at::set_num_threads(2);
  const auto twice = chosen(8, 16);
  at::set_num_threads(threads);
  REQUIRE(twice == 2 * small);
  REQUIRE(large == 8);
  REQUIRE(small > 2 * large);
  REQUIRE(chosen(2048, 512) == 1);  // 4 TB of values an image
}
