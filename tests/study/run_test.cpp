// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/study/detail/memory.hpp>
#include <diffmem/study/run.hpp>

#include <algorithm>

using namespace diffmem;

TEST_CASE("a plan is of the network that the images make", "[study][run]") {
  const ImageSet images = tiny::images(6);
  Setup setup;
  setup.data.size = 6, setup.net = tiny::net(), setup.train = tiny::params(), setup.sample.images = 10;
  setup.net.channels = 3, setup.net.resolution = 64;  // what a setup says of these does not count
  const auto plan_of = [&](auto design, const ImageSet& set) {
    return Run<decltype(design)>(design, setup, "s", "c").plan(set, set.digest());
  };
  const RunPlan plain = plan_of(tiny::Base{}, images);
  const Trainer<tiny::Base> trainer(tiny::Base{}, setup.net, setup.train, images);
  REQUIRE(plain.parameters == trainer.model().net().parameter_count());
  REQUIRE(plain.steps == trainer.total_steps());
  REQUIRE(plain.trained == static_cast<double>(plain.steps * setup.train.batch));
  REQUIRE(plain.denoised == static_cast<double>(setup.train.evaluations) * 10 * Heun{}.evaluations());
  const auto says = [](const RunPlan& plan, const std::string& name, const std::string& value) {
    return std::find(plan.settings.begin(), plan.settings.end(), std::pair{name, value}) != plan.settings.end();
  };
  REQUIRE(says(plain, "net.channels", to_text(images.channels)));
  REQUIRE(says(plain, "net.resolution", to_text(images.height)));

  const RunPlan conditional = plan_of(with<tiny::Base, TrueLabels>{}, images);
  REQUIRE(says(conditional, "net.label_dim", "3"));
  REQUIRE(conditional.parameters == plain.parameters + (3 + 1) * setup.net.base);  // map_label
}

TEST_CASE("a try of a run gives its times and its memory", "[study][run]") {
  const ImageSet images = tiny::images(6);
  Setup setup;
  setup.data.size = 6, setup.net = tiny::net(), setup.train = tiny::params();
  const Run<tiny::Base> run(tiny::Base{}, setup, "", "c");
  const RunCost cost = run.try_out(images, at::kCPU);
  REQUIRE(cost.denoise_seconds > 0);
  REQUIRE(cost.train_seconds > 0);
  const auto leaves = static_cast<double>(4 * run.plan(images, "").parameters);  // bytes
  REQUIRE(cost.held_bytes >= 5 * leaves);  // weights, gradients, average, two moments
  REQUIRE(cost.train_bytes > 4 * static_cast<double>(images.image_size()));
  REQUIRE(cost.denoise_bytes > 4 * static_cast<double>(images.image_size()));
  REQUIRE(cost.denoise_bytes < cost.train_bytes);  // nothing is kept for a backward pass
}

TEST_CASE("the cost of a large network is that of a narrower one, in proportion", "[study][run]") {
  const ImageSet images = tiny::images(6);
  Setup setup;
  setup.data.size = 6, setup.net = tiny::net(), setup.train = tiny::params();
  setup.net.base = 512, setup.net.attention = {};
  const auto run_of = [&] { return Run<tiny::Base>(tiny::Base{}, setup, "", "c"); };
  const RunPlan large = run_of().plan(images, "");
  REQUIRE(large.forward_flops > 2e9);  // more than is tried as it is
  const RunCost cost = run_of().try_out(images, at::kCPU);
  REQUIRE(cost.held_bytes > 4.99 * 4 * static_cast<double>(large.parameters));
  setup.net.base = 128;
  const RunPlan small = run_of().plan(images, "");
  const double operations = large.forward_flops / small.forward_flops;
  const RunCost less = run_of().try_out(images, at::kCPU);
  REQUIRE(cost.denoise_seconds > operations / 8 * less.denoise_seconds);  // a factor for neighbours on the machine
  REQUIRE(cost.denoise_seconds < operations * 8 * less.denoise_seconds);
}

TEST_CASE("runs are one run if every setting and the images are the same", "[study][run]") {
  const ImageSet images = tiny::images(6);
  Setup setup;
  setup.data.size = 6, setup.net = tiny::net(), setup.train = tiny::params();
  const auto name = [&](const std::string& series, const std::string& digest) {
    return Run<tiny::Base>(tiny::Base{}, setup, series, series + ", |D| = 6").plan(images, digest).name;
  };
  const std::string first = name("a", "0");
  REQUIRE(name("b", "0") == first);  // whatever the studies call it
  REQUIRE(name("a", "1") != first);
  setup.sample.batch = 13;
  REQUIRE(name("a", "0") == first);  // no image depends on it
  setup.sample.stop.bound = 0.9;
  REQUIRE(name("a", "0") != first);
  setup.sample.stop = {};
  setup.train.lr *= 2;
  REQUIRE(name("a", "0") != first);
}

TEST_CASE("checkpointing saves memory and makes no other run", "[study][run]") {
  const ImageSet images = tiny::images(6);
  Setup setup;
  setup.data.size = 6, setup.net = tiny::net(), setup.train = tiny::params();
  setup.net.base = 32, setup.train.batch = 100;
  const Run<tiny::Base> keeps(tiny::Base{}, setup, "", "c");
  setup.train.checkpointing = true;
  const Run<tiny::Base> checkpoints(tiny::Base{}, setup, "", "c");
  const RunPlan a = keeps.plan(images, "0"), b = checkpoints.plan(images, "0");
  REQUIRE(a.name == b.name);  // a run that ran out of memory may go on
  REQUIRE(a.cost_key != b.cost_key);
  REQUIRE(checkpoints.try_out(images, at::kCPU).train_bytes < 0.8 * keeps.try_out(images, at::kCPU).train_bytes);
}

TEST_CASE("the memory of a plan is what a training takes, within 15 %", "[study][run]") {
  const ImageSet images = tiny::images(6);
  for (const auto& [base, batch] : {std::pair{16, 100}, {96, 60}})
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::plain})
      for (const bool checkpointing : {false, true}) {
        Setup setup;
        setup.data.size = 6, setup.net = tiny::net(), setup.train = tiny::params();
        setup.net.base = base, setup.net.blocks = 2;
        setup.train.batch = batch, setup.train.precision = precision, setup.train.checkpointing = checkpointing;
        setup.sample.batch = 1;
        {
          // The threads' own memory, which stays, is there before either is measured.
          Trainer<tiny::Base> first({}, setup.net, setup.train, images);
          first.step();
          first.generate({.images = 1, .batch = 1});
        }
        const double planned = Run<tiny::Base>(tiny::Base{}, setup, "", "c").try_out(images, at::kCPU).bytes(batch);
        const MemoryWatch watch;
        const double before = allocated_bytes();
        Trainer<tiny::Base> trainer({}, setup.net, setup.train, images);
        trainer.step();
        trainer.generate({.images = 1, .batch = 1});
        const double packed = std::max(0.0, allocated_bytes() - before - watch.now()), took = watch.peak() + packed;
        CAPTURE(base, batch, to_text(precision), checkpointing, planned, took, packed);
        REQUIRE(planned == Approx(took).epsilon(0.15));
      }
}
