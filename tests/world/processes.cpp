// SPDX-License-Identifier: MIT
// What processes of a world do in tests/script/world.sh, each started by a launcher.
#include "train/tiny.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/world/told.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <string>

using namespace diffmem;

namespace {

void need_equal(const std::string& what, const auto& got, const auto& want) {
  if (!(got == want)) throw std::runtime_error("FAILED: " + what);
}

/// Each way to talk, with bytes of other sizes from each.
void talk(const World& world) {
  const int rank = world.rank(), size = world.size();
  need_equal("sum", world.sum(rank + 0.25), size * (size - 1) / 2 + 0.25 * size);
  need_equal("any of none", world.any(false), false);
  need_equal("any of the last", world.any(rank == size - 1), true);
  need_equal("the lead's bytes",
             world.from_lead(std::string(static_cast<std::size_t>(rank), 'x') + (rank == 0 ? "lead" : "")), "lead");
  need_equal("the lead's nothing", world.from_lead(rank == 0 ? "" : "mine"), "");
  const Tensor values = full({3, 2}, rank + 1);
  world.from_lead(values);
  need_equal("the lead's values", values_of<double>(values), std::vector<double>(6, 1));
  std::vector<int> all, mine(static_cast<std::size_t>(rank), rank);
  for (int r = 0; r < size; ++r) all.insert(all.end(), static_cast<std::size_t>(r), r);
  need_equal("gathered", world.gather(mine), all);
  bool led = false;
  world.lead([&] { led = true; });
  need_equal("led", led, rank == 0);
  std::string said;
  try {
    world.lead([] { throw Error("disk", "no space", "space", "make some"); });
  } catch (const Error& e) {
    said = e.what();
  }
  need_equal("the lead's failure is heard", said.find("disk: got no space") != said.npos, true);
}

/// Twenty steps; what came of them goes to `path`.
void train(const World& world, const std::string& path) {
  TrainParams p = tiny::params();
  p.batch = 12, p.accumulate = 3, p.length = 20;
  Trainer<tiny::Base> trainer({}, tiny::net(), p, tiny::images());
  trainer.join(world);
  SafeTensors result;
  std::vector<double> losses;
  while (!trainer.finished()) losses.push_back(trainer.step());
  for (const auto& [name, tensor] : trainer.checkpoint().tensors.tensors) result.tensors[name] = tensor;
  result.tensors["losses"] = tensor_of(losses);
  // Every process has the same, to the last bit.
  const std::string bytes = to_safetensors(result);
  need_equal("all processes' weights", bytes == world.from_lead(bytes), true);
  world.lead([&] { write_file_atomically(path, bytes); });
}

/// Losses of the first steps within 1e-5 of each other, weights and averages within 1e-4.  Those whose gradient is 0 but for
/// rounding, as the keys' biases, are moved by Adam all the same: so that is absolute, and of all weights together less.
void compare(const std::string& first, const std::string& second) {
  const SafeTensors a = read_safetensors(first), b = read_safetensors(second);
  const auto x = values_of<double>(a.at("losses")), y = values_of<double>(b.at("losses"));
  double loss = 0, worst = 0, apart = 0, all = 0;
  for (std::size_t i = 0; i < x.size(); ++i) loss = std::max(loss, std::abs(x[i] - y[i]) / x[i]);
  for (const auto& [name, tensor] : a.tensors)
    if (name.starts_with("net.") || name.starts_with("ema.")) {
      const Tensor from = tensor.to(kFloat64), difference = from - b.at(name).to(kFloat64);
      worst = std::max(worst, difference.abs().max().item().toDouble());
      apart += difference.square().sum().item().toDouble(), all += from.square().sum().item().toDouble();
    }
  apart = std::sqrt(apart / all);
  fmt::print("losses of {} steps within {:.1e}, weights within {:.1e}, all together {:.1e}\n", x.size(), loss, worst,
             apart);
  if (x.size() != 20 || !(loss <= 1e-5) || !(worst <= 1e-4) || !(apart <= 1e-5))
    throw std::runtime_error("FAILED: not the same training");
}

/// Trains for ever; process `victim` ends in the middle of a step, by `how`.
void lose(const World& world, int victim, const std::string& how) {
  TrainParams p = tiny::params();
  p.batch = 12, p.length = 1e9;
  Trainer<tiny::Base> trainer({}, tiny::net(), p, tiny::images());
  trainer.join(world);
  for (int i = 0; i < 5; ++i) trainer.step();
  if (world.rank() == victim) {
    if (how == "kill") ::raise(SIGKILL);
    if (how == "stop") ::raise(SIGSTOP);
    throw Error("disk", "no space left", "space", "make some");
  }
  while (true) trainer.step();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  return exit_code_of([&] {
    set_up_runtime({.threads = 1});
    if (words.at(0) == "compare") return compare(words.at(1), words.at(2)), 0;
    const World world(place_here(), at::kCPU, words.at(0) == "lose" ? 3 : 60);
    told_to_others(world, [&] {
      if (words.at(0) == "talk") talk(world);
      if (words.at(0) == "train") train(world, words.at(1));
      if (words.at(0) == "lose") lose(world, std::stoi(words.at(1)), words.at(2));
    });
    return 0;
  });
}
