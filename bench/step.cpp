// SPDX-License-Identifier: MIT
// A training step and a sampling, of nets from small to the paper's; bench/compare times them beside PyTorch's.
#include "nets.hpp"

#include <diffmem/core/peaks.hpp>
#include <diffmem/report/trace.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/detail/memory.hpp>
#include <diffmem/study/run.hpp>

#include <iostream>
#include <optional>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "step [name=value...]\n"
    "  net=i           demo: the demo's; 0: 8x8x1, base 32, (1,2), 1 block; i: 16x16x1, the same;\n"
    "                  ii: 32x32x3, base 64, (1,2,2), 2 blocks; iii: the paper's;\n"
    "                  wide: the paper's widest, base 320 (219M parameters)\n"
    "  precision=fp32  bf16; plain: LibTorch's operations one after the other; tf32: on CUDA\n"
    "  device=cpu      or cuda\n"
    "  threads=0       0: one per core\n"
    "  repeat=10       training steps and samplings; 0: one for each word, \"train\" or \"sample\", read from stdin, "
    "its\n"
    "                  seconds written; \"operations\": of a step; \"peak\": a bf16 product's a second\n"
    "  batch=0         images of a step, and sampled together; 0: the net's own\n"
    "  checkpointing=false  true: backward passes make activations again\n"
    "  trace=FOLDER    gets a trace of as many more steps, and of a sampling\n"
    "  json=FILE       the figures";

struct Settings {
  std::string net = "i", device = "cpu", json, trace;
  bool checkpointing = false;
  Precision precision = Precision::fp32;
  int threads = 0, repeat = 10, batch = 0;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("net", s.net), visit("precision", s.precision), visit("device", s.device), visit("batch", s.batch);
    visit("checkpointing", s.checkpointing), visit("threads", s.threads), visit("repeat", s.repeat);
    visit("trace", s.trace), visit("json", s.json);
  }
};

int run(const Settings& s) {
  bench::Net net = bench::net_of("step", s.net);
  need(s.batch >= 0, "step", "batch", s.batch, "0 or more");
  if (s.batch > 0) net.batch = net.sampled = s.batch;
  const int batch = net.batch;
  const at::Device device = parse_device(s.device);
  set_up_runtime({.threads = s.threads});
  const ImageSet images = bench::noise_images(net);
  const Setup setup{.net = net.config,
                    .train = {.batch = batch, .precision = s.precision, .checkpointing = s.checkpointing},
                    .sample = {.batch = net.sampled}};
  forget_peak_memory();
  const double before = peak_memory(), allocated_before = allocated_bytes();
  std::optional<MemoryWatch> watch;  // slows down what it watches
  if (s.repeat > 0) watch.emplace();
  Trainer<bench::Base> trainer({}, setup.net, setup.train, images, device);

  const auto train = [&] { return bench::seconds_of([&] { trainer.step(); }); };
  const auto sample = [&] {
    return bench::seconds_of([&] { trainer.generate({.images = net.sampled, .batch = net.sampled}); });
  };
  const double gflop = 1e-9 * trainer.model().net().forward_flops();
  const int warm = device.is_cuda() ? 6 : 3;  // on CUDA the fourth step is recorded
  for (int i = 0; i < (s.repeat == 0 ? warm : std::min(warm, s.repeat)); ++i) train();
  if (s.repeat == 0) {
    std::cout << "ready" << std::endl;
    for (std::string word; std::cin >> word;)
      std::cout << (word == "train"        ? train()
                    : word == "sample"     ? sample()
                    : word == "operations" ? 3e9 * gflop * batch
                                           : measure_peaks().bf16)
                << std::endl;
    return 0;
  }
  std::vector<double> steps, samplings;
  for (int i = 0; i < s.repeat; ++i) steps.push_back(train());
  for (int i = 0; i < s.repeat; ++i) samplings.push_back(sample());
  const double resident = peak_memory(), packed = allocated_bytes() - allocated_before - watch->now(),
               counted = watch->peak() + packed,
               planned = Run<bench::Base>({}, setup, "", "").try_out(images, device).bytes(batch);
  const double step = bench::median_of(steps), sampling = bench::median_of(samplings);
  const int evaluations = Heun{}.evaluations();
  fmt::print("{}: a step {:.4g} s, {:.4g} images/s, {:.4g} GF/s; a sampling of {} {:.4g} s, {:.4g} GF/s\n", s.net, step,
             batch / step, 3 * gflop * batch / step, net.sampled, sampling,
             gflop * static_cast<double>(net.sampled) * evaluations / sampling);
  fmt::print(
      "at most {:.4g} GB resident, {:.4g} of them since the network was made; {:.4g} GB of tensors and packed weights, "
      "{:.4g} by the plan\n",
      1e-9 * resident, 1e-9 * (resident - before), 1e-9 * counted, 1e-9 * planned);
  if (!s.trace.empty()) {
    const Peaks peaks = machine_peaks();
    const double product = s.precision == Precision::bf16 ? peaks.bf16 : peaks.float32;
    Trace trace;
    {
      const Trace::Recording recording(trace);
      for (int i = 0; i < s.repeat; ++i) train();
      sample();
    }
    make_folder(s.trace);
    write_trace(trace, peaks, product, s.trace);
    fmt::print("{}", trace_table(trace, peaks, product));
  }
  if (s.json.empty()) return 0;
  nlohmann::ordered_json json = bench::facts(s.threads);
  json["net"] = s.net, json["precision"] = to_text(s.precision), json["device"] = s.device;
  json["forward_gflop"] = gflop, json["batch"] = batch, json["sampled"] = net.sampled;
  json["checkpointing"] = s.checkpointing, json["peak_resident_bytes"] = resident;
  json["resident_bytes_of_training"] = resident - before;
  json["counted_bytes"] = counted, json["planned_bytes"] = planned;
  json["train_seconds"] = steps, json["sample_seconds"] = samplings;
  write_file_atomically(s.json, json.dump(1) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<Settings>("step", kUsage, 0, argc, argv,
                                  [](const auto&, const Settings& settings) { return run(settings); });
}
