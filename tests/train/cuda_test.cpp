// SPDX-License-Identifier: MIT
// The network, its training and its sampling on a CUDA device, beside the CPU; nothing where there is none.  What the
// device's kernels compute is tested on the CPU, thread by thread: net/device_layers_test.cpp, kernels/adam_parts_test.cpp.
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/kernels/device.hpp>

#include <cmath>
#include <limits>
#include <thread>

using namespace diffmem;

namespace {

bool no_device() {
  if (kernels::cuda_here()) return false;
  WARN("no CUDA device: not run");
  SUCCEED();
  return true;
}
const at::Device kCuda("cuda:0");

/// Losses of a whole training, in which steps are run, recorded and replayed.
std::vector<double> losses(TrainParams params, at::Device device, std::vector<std::uint8_t>* images = nullptr) {
  params.length = 12;
  Trainer<tiny::Base> trainer({}, tiny::net(), params, tiny::images(), device);
  std::vector<double> all;
  while (!trainer.finished()) all.push_back(trainer.step());
  if (images) *images = trainer.generate({.images = 7, .batch = 3});
  return all;
}

double worst(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]) / std::abs(b[i]));
  return most;
}

}  // namespace

TEST_CASE("recorded work is replayed with what its tensors then hold", "[train][cuda]") {
  if (no_device()) return;
  Recorded recorded(kCuda, "a test");
  const Tensor x = full({3}, 1, kFloat32, kCuda), sum = zeros({3}, kFloat32, kCuda);
  double want = 0;
  for (int call = 0; call < 8; ++call) {
    x.fill_(call), want += 2.0 * call;
    recorded([&] { sum.add_(x * 2.0); });
    REQUIRE(values_of<double>(sum)[2] == want);
  }
  REQUIRE(recorded.replays());
}

TEST_CASE("work that cannot be recorded is run", "[train][cuda]") {
  if (no_device()) return;
  Recorded recorded(kCuda, "a test that asks the device for a number");
  const Tensor x = full({3}, 1, kFloat32, kCuda);
  double sum = 0;
  for (int call = 0; call < 8; ++call) recorded([&] { sum += x.sum().item().toDouble(); });
  REQUIRE(sum == 24);
  REQUIRE_FALSE(recorded.replays());
}

TEST_CASE("a training on the device is the CPU's but for rounding, micro-batches and dropout included",
          "[train][cuda]") {
  if (no_device()) return;
  TrainParams params = tiny::params();
  for (const int accumulate : {1, 5}) {
    params.accumulate = accumulate, params.precision = Precision::fp32;
    std::vector<std::uint8_t> here, there;
    const auto want = losses(params, at::kCPU, &here);
    REQUIRE(worst(losses(params, kCuda, &there), want) < 1e-3);
    int apart = 0;
    for (std::size_t i = 0; i < here.size(); ++i) apart = std::max(apart, std::abs(here[i] - there[i]));
    REQUIRE(apart <= 2);  // grey levels
    for (const Precision other : {Precision::plain, Precision::bf16, Precision::tf32}) {
      params.precision = other;
      REQUIRE(worst(losses(params, kCuda), want) < (other == Precision::plain ? 1e-3 : 5e-2));
    }
  }
}

TEST_CASE("trainings on streams of their own do not disturb one another", "[train][cuda]") {
  if (no_device()) return;
  const auto alone = losses(tiny::params(), kCuda);
  std::vector<std::vector<double>> together(4);
  {
    std::vector<std::jthread> threads;
    for (auto& of : together)
      threads.emplace_back([&] {
        const OwnStream stream(kCuda);
        of = losses(tiny::params(), kCuda);
      });
  }
  for (const auto& of : together) REQUIRE(worst(of, alone) < 1e-4);
}

TEST_CASE("a step on the device that is not finite changes nothing, replayed or not", "[train][cuda]") {
  if (no_device()) return;
  TrainParams params = tiny::params();
  Trainer<tiny::Base> trainer({}, tiny::net(), params, tiny::images(), kCuda);
  for (const int steps : {1, 6}) {
    for (int i = 0; i < steps; ++i) trainer.step();
    Checkpoint broken = trainer.checkpoint(), whole = trainer.checkpoint();
    for (auto* c : {&broken, &whole})
      for (auto& [name, tensor] : c->tensors.tensors) tensor = tensor.cpu().clone();
    broken.tensors.tensors.at("net.map_layer0.weight").fill_(std::numeric_limits<double>::quiet_NaN());
    trainer.restore(broken);
    const Tensors before = tiny::state(trainer);
    REQUIRE_THROWS_AS(trainer.step(), NotFinite);
    const Tensors after = tiny::state(trainer);
    for (std::size_t i = 0; i < before.size(); ++i) REQUIRE(before[i].nan_to_num().equal(after[i].nan_to_num()));
    trainer.restore(whole);
  }
}
