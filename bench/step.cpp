// SPDX-License-Identifier: MIT
// A training step and a sampling, of nets from small to the paper's; bench/compare times them beside PyTorch's.
#include "bench.hpp"

#include <diffmem/condition/none.hpp>
#include <diffmem/embedding/positional.hpp>
#include <diffmem/sampler/heun.hpp>
#include <diffmem/schedule/vp.hpp>
#include <diffmem/train/trainer.hpp>

#include <iostream>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "step [name=value...]\n"
    "  net=i           demo: the demo's; 0: 8x8x1, base 32, (1,2), 1 block; i: 16x16x1, the same;\n"
    "                  ii: 32x32x3, base 64, (1,2,2), 2 blocks; iii: the paper's\n"
    "  precision=fp32  bf16, or plain: LibTorch's operations one after the other\n"
    "  threads=0       0: one per core\n"
    "  repeat=10       training steps and samplings; 0: one for each word, \"train\" or \"sample\", read from stdin, "
    "its\n"
    "                  seconds written\n"
    "  json=FILE       the figures";

struct Settings {
  std::string net = "i", json;
  Precision precision = Precision::fp32;
  int threads = 0, repeat = 10;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("net", s.net), visit("precision", s.precision), visit("threads", s.threads), visit("repeat", s.repeat),
        visit("json", s.json);
  }
};

struct Net {
  std::string_view name;
  UNetConfig config;
  int batch, sampled;
};
const std::vector<Net>& nets() {
  const auto small = [](int side) {
    return UNetConfig{
        .resolution = side, .channels = 1, .base = 32, .mult = {1, 2}, .blocks = 1, .attention = {16}, .dropout = 0.13};
  };
  static const std::vector<Net> all{
      {"demo", {.resolution = 8, .channels = 1, .base = 16, .mult = {1, 2}, .blocks = 1, .attention = {}}, 64, 100},
      {"0", small(8), 64, 64},
      {"i", small(16), 64, 64},
      {"ii", {.resolution = 32, .channels = 3, .base = 64, .mult = {1, 2, 2}, .blocks = 2, .attention = {16}}, 32, 16},
      {"iii", {.resolution = 32, .channels = 3}, 16, 8}};
  return all;
}

using Base = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;

int run(const Settings& s) {
  const auto net = std::ranges::find(nets(), s.net, &Net::name);
  if (net == nets().end()) throw Error("step", "net=" + s.net, "0, i, ii or iii", "see --help");
  set_up_runtime({.threads = s.threads});
  ImageSet images;
  images.name = "noise", images.count = 1024, images.channels = net->config.channels;
  images.height = images.width = net->config.resolution;
  RandomStream noise(1, Stream::subset);
  for (std::int64_t i = 0; i < images.count * images.image_size(); ++i)
    images.pixels.push_back(static_cast<std::uint8_t>(noise.below(256)));
  Trainer<Base> trainer({}, net->config, {.batch = net->batch, .precision = s.precision}, images);

  const auto train = [&] { return bench::seconds_of([&] { trainer.step(); }); };
  const auto sample = [&] {
    return bench::seconds_of([&] { trainer.generate({.images = net->sampled, .batch = net->sampled}); });
  };
  const double gflop = 1e-9 * trainer.model().net().forward_flops();
  for (int i = 0; i < 3; ++i) train();
  if (s.repeat == 0) {
    std::cout << "ready" << std::endl;
    for (std::string word; std::cin >> word;) std::cout << (word == "train" ? train() : sample()) << std::endl;
    return 0;
  }
  std::vector<double> steps, samplings;
  for (int i = 0; i < s.repeat; ++i) steps.push_back(train());
  for (int i = 0; i < s.repeat; ++i) samplings.push_back(sample());
  const double step = bench::median_of(steps), sampling = bench::median_of(samplings);
  const int evaluations = Heun{}.evaluations();
  fmt::print("{}: a step {:.4g} s, {:.4g} images/s, {:.4g} GF/s; a sampling of {} {:.4g} s, {:.4g} GF/s\n", s.net, step,
             static_cast<double>(net->batch) / step, 3 * gflop * static_cast<double>(net->batch) / step, net->sampled,
             sampling, gflop * static_cast<double>(net->sampled) * evaluations / sampling);
  if (s.json.empty()) return 0;
  nlohmann::ordered_json json = bench::facts(s.threads);
  json["net"] = s.net, json["precision"] = to_text(s.precision);
  json["forward_gflop"] = gflop, json["batch"] = net->batch, json["sampled"] = net->sampled;
  json["train_seconds"] = steps, json["sample_seconds"] = samplings;
  write_file_atomically(s.json, json.dump(1) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<Settings>("step", kUsage, 0, argc, argv,
                                  [](const auto&, const Settings& settings) { return run(settings); });
}
