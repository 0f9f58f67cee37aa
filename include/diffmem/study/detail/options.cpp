// SPDX-License-Identifier: MIT
#include <diffmem/core/params.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/study/detail/options.hpp>
#include <diffmem/study/run.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace diffmem {
namespace {

constexpr int kMostTasks = 1000;  // as Slurm has it, if nobody changed that

void check_ranges(const Options& o) {
  const std::string most = fmt::format("0 to {}", kMostThreads);
  need(o.jobs >= 0 && o.jobs <= kMostThreads, "command line", "--jobs", o.jobs, most);
  need(o.threads >= 0 && o.threads <= kMostThreads, "command line", "--threads", o.threads, most);
  need(o.seeds >= 0 && o.seeds <= 1000, "command line", "--seeds", o.seeds, "0 to 1000");
  need(o.timeout > 0 && o.timeout <= 1e6, "command line", "--timeout", o.timeout, "above 0, at most 1e6");
  need(o.lease_seconds >= 1, "command line", "--lease", o.lease_seconds, "1 or more");
  need(o.slurm.tasks >= 0 && o.slurm.tasks <= kMostTasks, "command line", "--slurm-tasks", o.slurm.tasks,
       fmt::format("0 to {}", kMostTasks));
  need(o.checkpoint_seconds >= 0, "command line", "--checkpoint-seconds", o.checkpoint_seconds, "0 or more");
}

std::vector<std::int64_t> parse_sizes(const std::string& text) {
  std::vector<int> sizes;
  if (!from_text(text, sizes) || sizes.empty() || std::any_of(sizes.begin(), sizes.end(), [](int n) { return n < 2; }))
    throw Error("--sizes", fmt::format("\"{}\"", text), "numbers of 2 or more, such as 16,32,64", "correct the list");
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return {sizes.begin(), sizes.end()};
}

template <class T>
void set_option(const std::string& name, T& value, const std::string& text) {
  if (!from_text(text, value)) throw Error(name, fmt::format("\"{}\"", text), expected(value), "correct the value");
}

Shard parse_shard(const std::string& text) {
  Shard shard;
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || !from_text(text.substr(0, slash), shard.part) ||
      !from_text(text.substr(slash + 1), shard.of) || shard.part < 1 || shard.part > shard.of)
    throw Error("--shard", fmt::format("\"{}\"", text), "I/N with I from 1 to N, such as 2/8", "correct the words");
  return shard;
}

constexpr std::string_view kUnsaid = "profile's";

/// Options of one study and of all, and what they leave as text.
class Reader {
 public:
  Reader(const std::string& program, const std::string& about, const std::string& after, const std::string& out)
      : line(program, about, after), out_(out) {
    line.flag("dry-run", options.dry_run, "print every run with its size and the time it will take; train nothing");
    line.option("profile", options.profile,
                "scale of grid and training: paper, gpu (hours), desktop (minutes to an hour) or smoke (seconds)");
    line.option("out", out_, "folder of runs (in runs/) and reports; the same command continues there");
    line.option("seeds", options.seeds, "training seeds of each run; 0: the profile's number");
    line.option("shard", shard_, "I/N: make the I-th of N equal parts of the runs; copy the folders together to merge");
    line.option(
        "lease", options.lease_seconds,
        "seconds without a sign of life after which a worker on another machine counts as dead, and its runs are "
        "taken over; any number of workers may share --out");
    line.flag(
        "leave", options.leave,
        "end when other workers have all that is left, instead of waiting to take over; the last writes the report");
    line.option("slurm", slurm_,
                "FILE: train nothing, but write a script of this command for sbatch, an array of workers with time, "
                "memory and cores from the plan; none: none");
    line.option("slurm-tasks", options.slurm.tasks, "tasks of that array; 0: as many as keep --jobs busy, at most 16");
    line.list("slurm-option", options.slurm.options,
              "one more option in that script, such as --slurm-option=--partition=long; may be repeated");
    line.option("jobs", options.jobs,
                "runs at once, on CUDA each on a stream of its own; 0: one per core for small networks, else 1");
    line.option("threads", options.threads, "threads of each run; 0: cores / jobs");
    line.option("checkpoint-seconds", options.checkpoint_seconds, "time between checkpoints");
    line.option("timeout", options.timeout,
                "of processes that torchrun, mpirun, srun or tools/launch started together: seconds that one waits for "
                "another (docs/cluster.md)");
    line.option("device", device_, "cpu or cuda");
    line.option("precision", precision_, "of the networks: fp32, bf16 (images and products), plain, or tf32 (on CUDA)");
    line.flag(
        "profile-trace", options.trace,
        fmt::format("where the time goes: of each run's steps {} to {} and first sampled batch a table, and in its "
                    "folder trace.json (for chrome://tracing or Perfetto) and trace.csv",
                    kTraceFrom + 1, kTraceFrom + kTraceSteps));
    line.option("publish", publish_,
                "folder whose results.md gets what was found, with figures and numbers in its results/; none: nowhere");
  }

  /// False if --help or --version was answered.
  bool read(int argc, char** argv) {
    if (!line.read(argc, argv)) return false;
    on_command_line([&] {
      check_ranges(options);
      options.shard = parse_shard(shard_);
      if (options.trace && device_ == "cuda")
        throw Error("--profile-trace", "--device cuda",
                    "the CPU: a GPU's operations go on after the call that began them",
                    "leave one of them out; NVIDIA's Nsight Systems traces GPUs");
      if (device_ != "cuda") options.device = parse_device(device_);
      if (precision_ != kUnsaid) set_option("--precision", options.precision.emplace(), precision_);
    });
    if (device_ == "cuda") options.device = parse_device(device_);  // where there is none, the command line is right
    options.out = out_;
    if (publish_ != kNowhere) options.publish = publish_;
    if (slurm_ != kNowhere) options.slurm.file = slurm_;
    options.slurm.words = line.words_without({"slurm", "slurm-tasks", "slurm-option", "jobs", "threads", "leave"});
    return true;
  }

  CommandLine line;
  Options options;

 private:
  static constexpr std::string_view kNowhere = "none";
  std::string precision_{kUnsaid}, out_, publish_{kNowhere}, slurm_{kNowhere}, device_ = "cpu", shard_ = "1/1";
};

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, const std::string& name, const std::string& question,
                                     const Menus& menus) {
  Reader reader(name, question, fmt::format("\n--data takes:\n{}\n", data_help()), "out");
  Options& o = reader.options;
  const std::string unsaid{kUnsaid};
  std::string data = unsaid, sizes = unsaid, seed = unsaid, budget = unsaid;
  std::vector<std::string> sets;
  reader.line.option("data", data, "training images (see below)");
  reader.line.option("sizes", sizes, "training-set sizes |D|, nested");
  reader.line.option("seed", seed, "the first training seed (weights, data order, noise)");
  reader.line.option("budget", budget, "what all sizes share: epochs (the paper's rule) or steps");
  reader.line.list("set", sets, "NAME=VALUE: any setting of --dry-run's list, such as train.lr=1e-3; may be repeated");
  o.words.reserve(menus.size());  // its strings are bound to options
  for (const auto& [role, words] : menus)
    reader.line.option(role, o.words.emplace_back(role, words.front()).second,
                       fmt::format("{}", fmt::join(words, ", ")));
  if (!reader.read(argc, argv)) return std::nullopt;
  on_command_line([&] {
    if (data != unsaid) o.data = data;
    if (sizes != unsaid) o.sizes = parse_sizes(sizes);
    if (seed != unsaid) set_option("--seed", o.seed.emplace(), seed);
    if (budget != unsaid) set_option("--budget", o.budget.emplace(), budget);
    o.sets = parse_sets(sets);
  });
  return o;
}

std::optional<Options> parse_all_options(int argc, char** argv, std::vector<std::string>& only) {
  Reader reader("all", "Runs every study: what is not done, cheapest first.", "", "out");
  reader.line.list("only", only, "NAME: run this study, and those named by further --only");
  if (!reader.read(argc, argv)) return std::nullopt;
  return reader.options;
}

}  // namespace diffmem
