// SPDX-License-Identifier: MIT
// What training costs by several processes together, beside what world/sizing.hpp says it should; and what that says of a
// cluster whose rates are given.
#include "nets.hpp"

#include <diffmem/core/device_work.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/detail/memory.hpp>
#include <diffmem/study/run.hpp>
#include <diffmem/world/sizing.hpp>

#include <fstream>
#include <sstream>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "tools/launch N world [name=value...]\n"
    "  net=i           demo, 0, i, ii or iii, as of bench/step\n"
    "  precision=fp32  or bf16\n"
    "  device=cpu      or cuda: each process the GPU of its number\n"
    "  threads=1       of each process\n"
    "  repeat=10       steps together, and as many by each process alone in between\n"
    "  json=FILE       the figures\n"
    "The paper's net, batch 512, on a cluster of GPUs, by these rates:\n"
    "  gpu_flops=4.2e14      operations a second in training (5,500 images/s)\n"
    "  gpu_overhead=0.002    seconds of a step for Adam and the average\n"
    "  node=8                GPUs of a machine\n"
    "  node_bandwidth=2e11   bytes a second of a GPU to another of its machine\n"
    "  net_bandwidth=4e10    and to one of another machine\n"
    "  gpu_latency=5e-6      seconds of a hop\n"
    "  images=10000000       training images, of 32x32x3";

struct Settings {
  std::string net = "i", device = "cpu", json;
  Precision precision = Precision::fp32;
  int threads = 1, repeat = 10, node = 8;
  double gpu_flops = 4.2e14, gpu_overhead = 0.002, node_bandwidth = 2e11, net_bandwidth = 4e10, gpu_latency = 5e-6,
         images = 1e7;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("net", s.net), visit("precision", s.precision), visit("device", s.device), visit("threads", s.threads),
        visit("repeat", s.repeat);
    visit("json", s.json), visit("gpu_flops", s.gpu_flops), visit("gpu_overhead", s.gpu_overhead);
    visit("node", s.node), visit("node_bandwidth", s.node_bandwidth), visit("net_bandwidth", s.net_bandwidth);
    visit("gpu_latency", s.gpu_latency), visit("images", s.images);
  }
};

/// Bytes that this machine has sent to itself, where processes of one machine talk.
double loopback_bytes() {
  std::ifstream table("/proc/net/dev");
  for (std::string line; std::getline(table, line);)
    if (const auto at = line.find("lo:"); at != line.npos) {
      std::istringstream numbers(line.substr(at + 3));
      double bytes = 0;
      numbers >> bytes;
      return bytes;
    }
  return 0;
}

/// A trainer of the net with another batch; what the images hold does not matter.
std::unique_ptr<Trainer<bench::Base>> trainer_of(const bench::Net& net, const ImageSet& images, int batch,
                                                 Precision precision, at::Device device) {
  TrainParams params;
  params.batch = batch, params.precision = precision;
  return std::make_unique<Trainer<bench::Base>>(bench::Base{}, net.config, params, images, device);
}

void print_cluster(const Settings& s) {
  const bench::Net& net = bench::net_of("world", "iii");
  const UNet paper = Model<bench::Base>::shape({}, net.config, at::kMeta);
  const TrainingSize training{.parameters = static_cast<double>(paper.parameter_count()),
                              .forward_flops = paper.forward_flops(),
                              .batch = 512,
                              .data_bytes = s.images * 3072};
  fmt::print(
      "\nThe paper's net, {:.1f}M parameters, batch 512, by assumed rates ({:g} FLOP/s, {:g} s, {:g} and {:g} B/s, "
      "{:g} "
      "s); {:g} images\n{:>10} {:>12} {:>14} {:>12} {:>11} {:>11} {:>10} {:>16} {:>16}\n",
      1e-6 * training.parameters, s.gpu_flops, s.gpu_overhead, s.node_bandwidth, s.net_bandwidth, s.gpu_latency,
      s.images, "GPUs", "images each", "wire MB each", "compute ms", "waiting ms", "images/s", "speed-up",
      "host GB, machine", "a shard of it GB");
  double alone = 0;
  for (const int gpus : {1, 2, 4, 8, 16, 32, 64}) {
    const ProcessRates rates{.flops = s.gpu_flops,
                             .overhead = s.gpu_overhead,
                             .bandwidth = gpus <= s.node ? s.node_bandwidth : s.net_bandwidth,
                             .latency = s.gpu_latency};
    const StepSize step = step_size(training, rates, gpus);
    const double speed = training.batch / step.total();
    if (gpus == 1) alone = speed;
    fmt::print("{:>10} {:>12.0f} {:>14.0f} {:>12.1f} {:>11.2f} {:>11.0f} {:>10.1f} {:>16.0f} {:>16.2f}\n", gpus,
               training.batch / gpus, 1e-6 * step.wire_bytes, 1e3 * step.compute, 1e3 * step.waiting, speed,
               speed / alone, 1e-9 * training.data_bytes * std::min(gpus, s.node), 1e-9 * training.data_bytes / gpus);
  }
}

int run(const Settings& s) {
  need(s.repeat >= 1, "world", "repeat", s.repeat, "1 or more");
  set_up_runtime({.threads = s.threads});
  const Place place = place_here();
  at::Device device = parse_device(s.device);
  if (device.is_cuda()) device.set_index(static_cast<at::DeviceIndex>(place.local_rank));
  const OwnStream stream(device);
  const World world(place, device, 600);
  const bench::Net& net = bench::net_of("world", s.net);
  const ImageSet images = bench::noise_images(net);
  const int share = net.batch / world.size();

  // What a first step takes at most; of a trainer that is made and joins a world.
  const auto memory_of = [&](int batch, bool joins) {
    const MemoryWatch watch;
    const auto trainer = trainer_of(net, images, batch, s.precision, device);
    if (joins) trainer->join(world);
    trainer->step(), trainer->step();  // c10d makes its buckets anew after the first
    return watch.peak();
  };
  const double memory = memory_of(net.batch, true), memory_share = memory_of(share, false),
               memory_half = memory_of(share / 2, false), an_image = (memory_share - memory_half) / (share - share / 2);
  const auto together = trainer_of(net, images, net.batch, s.precision, device);
  together->join(world);
  const auto own = trainer_of(net, images, share, s.precision, device),
             half = trainer_of(net, images, share / 2, s.precision, device);
  const auto step = [&](AnyTrainer& trainer) {
    world.any(false);  // all begin at once
    return bench::seconds_of([&] { trainer.step(); });
  };
  const Tensor few = zeros({2}, kFloat32, device), bucket = zeros({25 * 1024 * 256}, kFloat32, device);
  few.requires_grad_(), bucket.requires_grad_();
  std::optional<GradientSum> little, much;
  if (!world.is_alone()) little.emplace(world, Tensors{few}), much.emplace(world, Tensors{bucket});
  const auto exchange = [&](GradientSum& sum, const Tensor& leaf) {
    const Tensor loss = leaf.sum();
    world.any(false);
    const double before = world.waited();
    sum.backward(loss);
    return world.waited() - before;
  };
  std::vector<double> sent, steps, waits, owns, halves, latencies, seconds;
  for (int i = -3; i < s.repeat; ++i) {
    const double waited = world.waited(), before = loopback_bytes();
    const double whole = step(*together);
    sent.push_back((loopback_bytes() - before) / world.size());
    const double wait = world.waited() - waited;
    const double alone = step(*own), less = step(*half);
    double latency = 0, second = 0;
    if (little) latency = exchange(*little, few), second = exchange(*much, bucket);
    if (i < 0) continue;  // warms up
    steps.push_back(whole), waits.push_back(wait), owns.push_back(alone), halves.push_back(less);
    latencies.push_back(latency), seconds.push_back(second);
  }
  if (!world.leads()) return 0;

  const UNet& unet = together->model().net();
  const double a_share = bench::median_of(owns), a_half = bench::median_of(halves),
               latency = bench::median_of(latencies), operations = 3 * unet.forward_flops();
  const double n = world.size(), bytes = 2 * (n - 1) / n * 4 * static_cast<double>(bucket.numel());
  const ProcessRates rates{.flops = operations * (share - share / 2) / (a_share - a_half),
                           .overhead = a_share - (a_share - a_half) * share / (share - share / 2),
                           .bandwidth = n > 1 ? bytes / (bench::median_of(seconds) - latency) : 0,
                           .latency = latency};
  const TrainingSize training{.parameters = static_cast<double>(unet.parameter_count()),
                              .forward_flops = unet.forward_flops(),
                              .batch = static_cast<double>(net.batch),
                              .activation_bytes = an_image,
                              .data_bytes = static_cast<double>(images.pixels.size())};
  const StepSize said = step_size(training, rates, world.size());
  const double measured = bench::median_of(steps), waited = bench::median_of(waits);
  fmt::print(
      "{}, {} processes of {} threads, batch {}: {:.4g} GF/s, {:.3g} s a step besides, {:.3g} GB/s, {:.3g} s an "
      "exchange\n",
      s.net, world.size(), s.threads, net.batch, 1e-9 * rates.flops, rates.overhead, 1e-9 * rates.bandwidth,
      rates.latency);
  fmt::print("{:<10} {:>10} {:>12} {:>12} {:>12}\n", "", "step s", "images/s", "waiting s", "waiting %");
  const auto row = [&](const char* what, double seconds_, double waiting) {
    fmt::print("{:<10} {:>10.4f} {:>12.1f} {:>12.4f} {:>12.1f}\n", what, seconds_, net.batch / seconds_, waiting,
               100 * waiting / seconds_);
  };
  row("measured", measured, waited);
  row("sizing", said.total(), said.waiting);
  fmt::print(
      "over the wire, a step and process: {:.2f} MB measured, {:.2f} by the sizing; memory of a process: {:.1f} MB, "
      "{:.1f}\n",
      1e-6 * bench::median_of(sent), 1e-6 * said.wire_bytes, 1e-6 * memory, 1e-6 * said.memory);
  print_cluster(s);
  if (s.json.empty()) return 0;
  nlohmann::ordered_json json = bench::facts(s.threads);
  json["device"] = s.device, json["net"] = s.net, json["precision"] = to_text(s.precision),
  json["processes"] = world.size();
  json["batch"] = net.batch, json["train_seconds"] = steps, json["waiting_seconds"] = waits;
  json["alone_seconds"] = owns, json["alone_half_seconds"] = halves;
  json["flops"] = rates.flops, json["overhead"] = rates.overhead, json["bandwidth"] = rates.bandwidth;
  json["latency"] = rates.latency, json["sizing_seconds"] = said.total(), json["sizing_waiting_seconds"] = said.waiting;
  json["wire_bytes"] = bench::median_of(sent), json["sizing_wire_bytes"] = said.wire_bytes;
  json["memory_bytes"] = memory, json["sizing_memory_bytes"] = said.memory;
  write_file_atomically(s.json, json.dump(1) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<Settings>("world", kUsage, 0, argc, argv,
                                  [](const auto&, const Settings& settings) { return run(settings); });
}
