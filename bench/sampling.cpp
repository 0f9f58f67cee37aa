// SPDX-License-Identifier: MIT
// Sampling's time and page faults against its batch, and what the batch that is chosen by itself reaches of the best.
#include "nets.hpp"

#include <sys/resource.h>
#include <time.h>

#include <map>
#include <memory>
#include <thread>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "sampling [name=value...]\n"
    "  net=i           0, i, ii or iii, as bench/step has them\n"
    "  precision=fp32  bf16, or plain\n"
    "  threads=0       0: one per core\n"
    "  jobs=0          trainings that sample at once, each in a thread of its own, as a study's do; 0: one in the main "
    "thread\n"
    "  steps=4         of Heun's sampler\n"
    "  images=512      of each batch size: 1, 2, 4 ... images\n"
    "  repeat=5        rounds over all batch sizes\n"
    "  json=FILE       the figures";

struct Settings {
  std::string net = "i", json;
  Precision precision = Precision::fp32;
  int threads = 0, jobs = 0, steps = 4, repeat = 5;
  std::int64_t images = 512;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("net", s.net), visit("precision", s.precision), visit("threads", s.threads), visit("jobs", s.jobs),
        visit("steps", s.steps), visit("images", s.images), visit("repeat", s.repeat), visit("json", s.json);
  }
};

/// Of the whole process: other processes on the machine add little to it.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

int run(const Settings& s) {
  const bench::Net& net = bench::net_of("sampling", s.net);
  set_up_runtime({.threads = s.threads});
  std::vector<std::unique_ptr<const Trainer<bench::Base>>> trainers;
  for (int j = 0; j < std::max(1, s.jobs); ++j)
    trainers.push_back(std::make_unique<const Trainer<bench::Base>>(bench::Base{.sampler = {.steps = s.steps}},
                                                                    net.config, TrainParams{.precision = s.precision},
                                                                    bench::noise_images(net)));
  const auto sample = [&](std::int64_t batch) {
    const GenerateOptions options{.images = s.images, .batch = batch};
    if (s.jobs == 0) return void(trainers[0]->generate(options));
    std::vector<std::jthread> threads;
    for (const auto& trainer : trainers)
      threads.emplace_back([&] {
        set_up_runtime({.threads = s.threads});  // OpenMP keeps the number of threads per thread
        trainer->generate(options);
      });
  };
  struct Figures {
    std::vector<double> wall, processor;  // seconds an image
    long faults = 0;                      // of the last round
  };
  const std::int64_t chosen = std::min(s.images, sampling_batch(trainers[0]->average().net(), at::kCPU));
  std::map<std::int64_t, Figures> by_batch{{chosen, {}}};
  for (std::int64_t batch = 1; batch <= s.images; batch *= 2) by_batch[batch];
  for (int round = 0; round <= s.repeat; ++round)  // the first is not counted
    for (auto& [batch, f] : by_batch) {
      const double begun = processor_seconds();
      const long faults = page_faults();
      const double wall = bench::seconds_of([&] { sample(batch); });
      f.faults = page_faults() - faults;
      if (round == 0) continue;
      const auto images = static_cast<double>(s.images) * static_cast<double>(trainers.size());
      f.wall.push_back(wall / images);
      f.processor.push_back((processor_seconds() - begun) / images);
    }
  const auto least = [](const Figures& f) { return *std::ranges::min_element(f.processor); };
  double best = least(by_batch.begin()->second);
  for (const auto& [batch, f] : by_batch) best = std::min(best, least(f));
  fmt::print("{:>6} {:>10} {:>10} {:>8} {:>12}\n", "batch", "us wall", "us CPU", "of best", "page faults");
  for (const auto& [batch, f] : by_batch)
    fmt::print("{:>6} {:>10.1f} {:>10.1f} {:>8.3f} {:>12}{}\n", batch, 1e6 * bench::median_of(f.wall), 1e6 * least(f),
               best / least(f), f.faults, batch == chosen ? "  chosen by itself" : "");
  if (s.json.empty()) return 0;
  nlohmann::ordered_json json = bench::facts(s.threads);
  json["net"] = s.net, json["precision"] = to_text(s.precision), json["jobs"] = s.jobs, json["steps"] = s.steps;
  json["images"] = s.images, json["chosen"] = chosen;
  for (const auto& [batch, f] : by_batch)
    json["batches"].push_back(
        {{"batch", batch}, {"wall_seconds", f.wall}, {"processor_seconds", f.processor}, {"page_faults", f.faults}});
  write_file_atomically(s.json, json.dump(1) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<Settings>("sampling", kUsage, 0, argc, argv,
                                  [](const auto&, const Settings& settings) { return run(settings); });
}
