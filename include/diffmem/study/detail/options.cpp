// SPDX-License-Identifier: MIT
#include <diffmem/core/params.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/study/detail/options.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace diffmem {
namespace {

void check_ranges(const Options& o) {
  const std::string most = fmt::format("0 to {}", kMostThreads);
  need(o.jobs >= 0 && o.jobs <= kMostThreads, "command line", "--jobs", o.jobs, most);
  need(o.threads >= 0 && o.threads <= kMostThreads, "command line", "--threads", o.threads, most);
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

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, const std::string& name, const std::string& question,
                                     const Setup& setup, const std::vector<std::int64_t>& default_sizes,
                                     const Menus& menus) {
  Options o;
  o.data = setup.data.source, o.seed = setup.train.seed, o.budget = setup.train.budget;
  std::string out = "out/" + name, sizes = fmt::format("{}", fmt::join(default_sizes, ",")), device = "cpu";
  std::vector<std::string> sets;
  CommandLine line(name, question, fmt::format("\n--data takes:\n{}\n", data_help()));
  line.flag("dry-run", o.dry_run, "print every run with its size and the time it will take; train nothing");
  line.option("out", out, "folder of runs and report; the same command continues there");
  line.option("data", o.data, "training images (see below)");
  line.option("sizes", sizes, "training-set sizes |D|, nested");
  line.option("seed", o.seed, "of weights, data order, noise");
  line.option("budget", o.budget, "what all sizes share: epochs (the paper's rule) or steps");
  line.list("set", sets, "NAME=VALUE: any setting of --dry-run's list, such as train.lr=1e-3; may be repeated");
  line.option("jobs", o.jobs, "runs at once; 0: one per core for small networks, else 1");
  line.option("checkpoint-seconds", o.checkpoint_seconds, "time between checkpoints");
  line.option("threads", o.threads, "threads of each run; 0: cores / jobs");
  line.option("device", device, "cpu or cuda");
  o.words.reserve(menus.size());  // its strings are bound to options
  for (const auto& [role, words] : menus)
    line.option(role, o.words.emplace_back(role, words.front()).second, fmt::format("{}", fmt::join(words, ", ")));
  if (!line.read(argc, argv)) return std::nullopt;
  on_command_line([&] {
    check_ranges(o);
    o.sizes = parse_sizes(sizes);
    o.sets = parse_sets(sets);
    if (device != "cuda") o.device = parse_device(device);
  });
  if (device == "cuda") o.device = parse_device(device);  // where there is none, the command line is right
  o.out = out;
  return o;
}

}  // namespace diffmem
