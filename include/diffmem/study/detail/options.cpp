// SPDX-License-Identifier: MIT
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/study/detail/options.hpp>

#include <ATen/Context.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/program_options.hpp>

#include <algorithm>
#include <iostream>
#include <type_traits>

namespace diffmem {
namespace {

namespace po = boost::program_options;

constexpr int kMostThreads = 1024;

/// `text` of an option into `value`.
template <class T>
void apply(std::string_view option, const std::string& text, T& value) {
  if (!from_text(text, value)) throw Error(option, fmt::format("\"{}\"", text), expected(value), "correct the value");
}

void check_ranges(const Options& o) {
  const auto need = [](bool holds, std::string_view option, double got, std::string_view want) {
    if (!holds) throw Error(option, fmt::format("{}", got), want, "correct the value");
  };
  need(o.jobs >= 0 && o.jobs <= kMostThreads, "--jobs", o.jobs, fmt::format("0 to {}", kMostThreads));
  need(o.threads >= 0 && o.threads <= kMostThreads, "--threads", o.threads, fmt::format("0 to {}", kMostThreads));
  need(o.checkpoint_seconds >= 0, "--checkpoint-seconds", o.checkpoint_seconds, "0 or more");
}

Assignment parse_set(const std::string& item) {
  const std::size_t equals = item.find('=');
  if (equals == std::string::npos)
    throw Error("--set", fmt::format("\"{}\"", item), "NAME=VALUE", "write, for example, --set train.lr=1e-3");
  return {item.substr(0, equals), item.substr(equals + 1)};
}

std::vector<std::int64_t> parse_sizes(const std::string& text) {
  std::vector<int> sizes;
  if (!from_text(text, sizes) || sizes.empty() || std::any_of(sizes.begin(), sizes.end(), [](int n) { return n < 2; }))
    throw Error("--sizes", fmt::format("\"{}\"", text), "numbers of 2 or more, such as 16,32,64", "correct the list");
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return {sizes.begin(), sizes.end()};
}

at::Device parse_device(const std::string& word) {
  if (word == "cpu") return at::kCPU;
  if (word != "cuda")
    on_command_line([&] { throw Error("--device", fmt::format("\"{}\"", word), "cpu or cuda", "correct the word"); });
#ifdef DIFFMEM_CUDA
  if (at::hasCUDA()) return at::Device(at::kCUDA, 0);
  throw Error("--device cuda", "no CUDA device", "an NVIDIA GPU with a driver for CUDA 13",
              "run without --device, on the CPU");
#else
  throw Error("--device cuda", "a build without CUDA", "the cuda preset",
              "build it by `make demo CUDA=1`, or run without --device");
#endif
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, const std::string& name, const std::string& question,
                                     const Setup& setup, const std::vector<std::int64_t>& default_sizes,
                                     const Menus& menus) {
  Options o;
  o.seed = setup.train.seed, o.budget = setup.train.budget;
  std::vector<std::string> sets;
  std::string sizes, seed, budget, device;
  po::options_description help("options");
  const auto add = [&](const std::string& option, auto& into, const auto& otherwise, const std::string& what) {
    using T = std::remove_cvref_t<decltype(into)>;
    help.add_options()(option.c_str(), po::value(&into)->default_value(T(otherwise)), what.c_str());
  };
  help.add_options()("help", "print this and exit")("version",
                                                    "print versions (LibTorch, CUDA, BLAS, CPU, commit) and exit")(
      "dry-run", po::bool_switch(&o.dry_run), "print every run with its size and the time it will take; train nothing");
  add("out", o.out, "out/" + name, "folder of runs and report; the same command continues there");
  add("data", o.data, setup.data.source, "training images (see below)");
  add("sizes", sizes, fmt::format("{}", fmt::join(default_sizes, ",")), "training-set sizes |D|, nested");
  add("seed", seed, to_text(setup.train.seed), "of weights, data order, noise");
  add("budget", budget, to_text(setup.train.budget), "what all sizes share: epochs (the paper's rule) or steps");
  help.add_options()("set", po::value(&sets)->composing(),
                     "NAME=VALUE: any setting of --dry-run's list, such as train.lr=1e-3; may be repeated");
  add("jobs", o.jobs, 0, "runs at once; 0: one per core for small networks, else 1");
  add("checkpoint-seconds", o.checkpoint_seconds, 60, "time between checkpoints");
  add("threads", o.threads, 0, "threads of each run; 0: cores / jobs");
  add("device", device, "cpu", "cpu or cuda");
  o.words.reserve(menus.size());  // its strings are bound to options
  for (const auto& [role, words] : menus)
    add(role, o.words.emplace_back(role, "").second, words.front(), fmt::format("{}", fmt::join(words, ", ")));
  po::variables_map values;
  try {
    const auto parsed = po::command_line_parser(argc, argv).options(help).run();
    for (const auto& option : parsed.options)
      if (option.position_key >= 0)
        throw UsageError(
            fmt::format("{}: got \"{}\", which belongs to no option; lists are written with commas, as in "
                        "--sizes 16,32; --help lists the options",
                        name, option.value.front()));
    po::store(parsed, values);
    po::notify(values);
  } catch (const po::error& e) {
    throw UsageError(fmt::format("{}: {}; --help lists the options", name, e.what()));
  }
  if (values.contains("help")) {
    std::cout << name << ": " << question << "\n\n" << help << "\n--data takes:\n" << data_help() << "\n";
    return std::nullopt;
  }
  if (values.contains("version")) {
    set_up_runtime();
    std::cout << version_text();
    return std::nullopt;
  }
  on_command_line([&] {
    check_ranges(o);
    apply("--seed", seed, o.seed);
    apply("--budget", budget, o.budget);
    o.sizes = parse_sizes(sizes);
    for (const std::string& item : sets) o.sets.push_back(parse_set(item));
  });
  o.device = parse_device(device);
  return o;
}

}  // namespace diffmem
