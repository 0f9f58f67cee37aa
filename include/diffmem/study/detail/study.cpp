// SPDX-License-Identifier: MIT
#include <diffmem/core/command.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/measure/emm.hpp>
#include <diffmem/report/table.hpp>
#include <diffmem/report/write.hpp>
#include <diffmem/study/study.hpp>

#include <ATen/Context.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/program_options.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace diffmem {
namespace {

namespace po = boost::program_options;

constexpr int kMostThreads = 1024;
constexpr double kLevel = 0.9;     // 1 - epsilon of Definition 1
constexpr double kSmallNet = 1e9;  // floating-point operations a forward pass, below which one core a run is best

using Assignment = std::pair<std::string, std::string>;  // name, text
using Menus = std::vector<std::pair<std::string, std::vector<std::string_view>>>;

/// The command line.
struct Options {
  std::filesystem::path out;
  std::vector<std::string> sets;
  std::vector<Assignment> words;  ///< role, chosen policy
  std::string sizes, budget, data, device, seed;
  int jobs = 0, threads = 0;
  double checkpoint_seconds = 0;
  bool dry_run = false;
};

std::optional<Options> parse(int argc, char** argv, const std::string& name, const std::string& question,
                             const Setup& setup, const std::vector<std::int64_t>& sizes, const Menus& menus) {
  Options o;
  po::options_description help("options");
  help.add_options()("help", "print this and exit")("version",
                                                    "print versions (LibTorch, CUDA, BLAS, CPU, commit) and exit")(
      "dry-run", po::bool_switch(&o.dry_run), "print every run with its size and the time it will take; train nothing")(
      "out", po::value(&o.out)->default_value("out/" + name),
      "folder of runs and report; the same command continues there")(
      "data", po::value(&o.data)->default_value(setup.data.source), "training images (see below)")(
      "sizes", po::value(&o.sizes)->default_value(fmt::format("{}", fmt::join(sizes, ","))),
      "training-set sizes |D|, nested")("seed", po::value(&o.seed)->default_value(fmt::format("{}", setup.train.seed)),
                                        "of weights, data order, noise")(
      "budget", po::value(&o.budget)->default_value(to_text(setup.train.budget)),
      "what all sizes share: epochs (the paper's rule) or steps")(
      "set", po::value(&o.sets)->composing(),
      "NAME=VALUE: any setting of --dry-run's list, such as train.lr=1e-3; may be repeated")(
      "jobs", po::value(&o.jobs)->default_value(0), "runs at once; 0: one per core for small networks, else 1")(
      "checkpoint-seconds", po::value(&o.checkpoint_seconds)->default_value(60), "time between checkpoints")(
      "threads", po::value(&o.threads)->default_value(0), "threads of each run; 0: cores / jobs")(
      "device", po::value(&o.device)->default_value("cpu"), "cpu or cuda");
  o.words.reserve(menus.size());
  for (const auto& [role, words] : menus)
    help.add_options()(role.c_str(),
                       po::value(&o.words.emplace_back(role, "").second)->default_value(std::string(words.front())),
                       fmt::format("{}", fmt::join(words, ", ")).c_str());
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(help).positional({}).run(), values);
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
  return o;
}

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

std::vector<Assignment> parse_sets(const std::vector<std::string>& items) {
  std::vector<Assignment> result;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos)
      throw Error("--set", fmt::format("\"{}\"", item), "NAME=VALUE", "write, for example, --set train.lr=1e-3");
    result.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return result;
}

/// Sets what the designs of `runs` and not the setup list.  Error naming all settings if nobody lists it.
void set_in_designs(const std::vector<std::unique_ptr<AnyRun>>& runs, const std::vector<Assignment>& assignments,
                    const ImageSet& images) {
  for (const auto& [path, text] : assignments) {
    bool found = false;
    for (const auto& run : runs) found |= run->set(path, text);
    if (found) continue;
    std::vector<std::string> names;
    for (const auto& [name, value] : runs.front()->plan(images).settings) names.push_back(name);
    throw Error("--set", fmt::format("no setting \"{}\"", path), fmt::format("one of {}", fmt::join(names, " ")),
                "correct the name");
  }
}

/// Error if one of `assignments` to the setup is overruled by images or design.
void refuse_overruled(const Setup& setup, const std::vector<Assignment>& assignments, const RunPlan& plan) {
  const auto value_in = [](const Listing& listing, const std::string& path) {
    const auto at =
        std::find_if(listing.begin(), listing.end(), [&](const auto& entry) { return entry.first == path; });
    return at == listing.end() ? std::string() : at->second;
  };
  const Listing asked = list_params(setup);
  for (const auto& [path, text] : assignments)
    if (const std::string used = value_in(plan.settings, path); used != value_in(asked, path))
      throw Error("--set " + path, text,
                  fmt::format("{}, which the images, the network family or --sizes decide", used), "leave it out");
}

std::vector<std::int64_t> parse_sizes(const std::string& text) {
  std::vector<int> sizes;
  if (!from_text(text, sizes) || std::any_of(sizes.begin(), sizes.end(), [](int n) { return n < 2; }))
    throw Error("--sizes", fmt::format("\"{}\"", text), "numbers of 2 or more, such as 16,32,64", "correct the list");
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return {sizes.begin(), sizes.end()};
}

at::Device parse_device(const std::string& word) {
  if (word == "cpu") return at::kCPU;
  if (word != "cuda") throw Error("--device", fmt::format("\"{}\"", word), "cpu or cuda", "correct the word");
#ifdef DIFFMEM_CUDA
  if (at::hasCUDA()) return at::Device(at::kCUDA, 0);
  throw Error("--device cuda", "no CUDA device", "an NVIDIA GPU with a driver for CUDA 13",
              "run without --device, on the CPU");
#else
  throw Error("--device cuda", "a build without CUDA", "the cuda preset",
              "build it by `make demo CUDA=1`, or run without --device");
#endif
}

/// Opens each data set once; thread-safe.
class DataSets {
 public:
  /// Files of a folder are shrunk as they are read, so that a large folder fits.
  explicit DataSets(const DataParams& params) : folder_{.side = params.resolution, .shrink = params.shrink} {}

  const ImageSet& operator()(const std::string& source) {
    const std::lock_guard guard(mutex_);
    auto found = opened_.find(source);
    if (found == opened_.end()) found = opened_.emplace(source, open_images(source, Split::train, folder_)).first;
    return found->second;
  }

 private:
  FolderOptions folder_;
  std::mutex mutex_;
  std::map<std::string, ImageSet> opened_;
};

/// `costs`: of each series.
void print_plan(const std::vector<RunPlan>& plans, const std::map<std::string, RunCost>& costs, int jobs, int threads) {
  fmt::print("{:<28} {:>12} {:>9} {:>10} {:>12} {:>12} {:>9} {:>12}\n", "run", "parameters", "steps", "epochs",
             "train GFLOP", "sample GFLOP", "memory", "time");
  double total = 0, bytes = 0;
  for (const RunPlan& p : plans) {
    const RunCost& cost = costs.at(p.series);
    const double seconds = p.trained * cost.train_seconds + p.denoised * cost.denoise_seconds;
    total += seconds, bytes = std::max(bytes, cost.bytes);
    fmt::print("{:<28} {:>12} {:>9} {:>10.0f} {:>12.0f} {:>12.0f} {:>9} {:>12}\n", p.cell, p.parameters, p.steps,
               p.epochs, p.train_flops / 1e9, p.sample_flops / 1e9, fmt::format("{:.0f} MB", cost.bytes / 1e6),
               duration_text(seconds));
  }
  fmt::print(
      "\n{} runs, {} at once with {} threads each: about {} and {:.0f} MB of tensors, by a short try of each network "
      "on "
      "this machine.\n",
      plans.size(), jobs, threads, duration_text(total / jobs), jobs * bytes / 1e6);
}

std::vector<EmmRecord> emms(const ReportRecord& report) {
  std::vector<EmmRecord> result;
  for (const std::string& name : series_names(report)) {
    const auto points =
        report.runs |
        ranges::views::filter([&](const RunRecord& r) { return r.series == name && best_of(r.evaluations); }) |
        ranges::views::transform([](const RunRecord& r) {
          const Evaluation& e = *best_of(r.evaluations);
          return SizeRatio{r.size, e.ratio, {e.low, e.high}};
        }) |
        ranges::to<std::vector>;
    if (points.empty()) continue;
    const Emm emm = estimate_emm(points, kLevel);
    result.push_back({name, emm.linear, emm.logarithmic, emm.statement});
  }
  return result;
}

}  // namespace

void StudyBase::add_maker(const std::string& series, MakeRun make) { designs_.emplace_back(series, std::move(make)); }

int StudyBase::run(int argc, char** argv) {
  return exit_code_of([&] { return conduct(argc, argv); });
}

int StudyBase::conduct(int argc, char** argv) {
  const std::optional<Options> parsed = parse(argc, argv, name_, question_, setup_, sizes_, menus_);
  if (!parsed) return 0;
  const Options& options = *parsed;
  std::vector<Assignment> of_setup, of_designs;  // --set
  std::vector<std::unique_ptr<AnyRun>> runs;
  on_command_line([&] {
    check_ranges(options);
    setup_.data.source = options.data;
    apply("--seed", options.seed, setup_.train.seed);
    apply("--budget", options.budget, setup_.train.budget);
    for (const Assignment& a : parse_sets(options.sets))
      (try_set_param(setup_, a.first, a.second) ? of_setup : of_designs).push_back(a);
    setup_.validate();
    for (const auto& [series, make] : designs_)
      for (const std::int64_t size : parse_sizes(options.sizes)) {
        Setup setup = setup_;
        setup.data.size = size;
        runs.push_back(make(setup, fmt::format("{}{}|D| = {}", series, series.empty() ? "" : ", ", size)));
        for (const auto& [role, word] : options.words) runs.back()->set(role, word);
      }
  });
  const at::Device device = parse_device(options.device);
  const int cores = options.threads > 0 && options.jobs > 0 ? options.threads * options.jobs : available_cores();
  DataSets data(setup_.data);
  const ImageSet& images = data(setup_.data.source);  // complains before any training
  std::vector<RunPlan> plans;
  on_command_line([&] {
    set_in_designs(runs, of_designs, images);
    for (const auto& run : runs) plans.push_back(run->plan(images));
    refuse_overruled(setup_, of_setup, plans.front());
  });
  const double per_image = plans.front().forward_flops;
  const int jobs = std::max(1, std::min<int>(options.jobs > 0                            ? options.jobs
                                             : device.is_cuda() || per_image > kSmallNet ? 1
                                                                                         : cores,
                                             static_cast<int>(runs.size())));
  const int threads = options.threads > 0                           ? options.threads
                      : per_image <= kSmallNet && !device.is_cuda() ? 1
                                                                    : std::max(1, cores / jobs);
  set_up_runtime({.threads = threads});
  if (options.dry_run) {
    fmt::print("Settings of the first run:\n");
    for (const auto& [name, text] : plans.front().settings) fmt::print("  {} = {}\n", name, text);
    fmt::print("\n");
    std::map<std::string, RunCost> costs;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (!costs.contains(plans[i].series)) costs[plans[i].series] = runs[i]->try_out(images, device);
    print_plan(plans, costs, jobs, threads);
    return 0;
  }

  make_folder(options.out);
  catch_interrupts();
  ProgressBoard board;
  board.say(fmt::format("{}: {} runs, {} at once with {} threads each, in {}", name_, runs.size(), jobs, threads,
                        options.out.string()));
  const RunContext context{.out = options.out,
                           .data = [&](const std::string& source) -> const ImageSet& { return data(source); },
                           .board = &board,
                           .threads = threads,
                           .device = device,
                           .checkpoint_seconds = options.checkpoint_seconds};
  const auto begun = std::chrono::steady_clock::now();

  // The longest runs begin first, so that none of the workers is left with one at the end.
  std::vector<std::size_t> order(runs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return plans[a].train_flops > plans[b].train_flops; });
  std::vector<std::optional<RunRecord>> records(runs.size());
  std::vector<std::string> failures, interruptions;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    set_up_runtime({.threads = threads});  // OpenMP keeps the number of threads per thread
    for (std::size_t i; (i = next++) < order.size() && !interrupted();) {
      try {
        RunRecord record = runs[order[i]]->run(context);
        const std::lock_guard guard(mutex);
        records[order[i]] = std::move(record);
      } catch (const Interrupted& e) {
        const std::lock_guard guard(mutex);
        interruptions.emplace_back(e.what());
      } catch (const std::exception& e) {
        const std::string& cell = runs[order[i]]->cell();
        const std::string why =
            std::string_view(e.what()).starts_with(cell) ? e.what() : fmt::format("{}: {}", cell, e.what());
        board.finish(cell, "failed: " + why);
        const std::lock_guard guard(mutex);
        failures.push_back(why);
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int j = 0; j < jobs; ++j) workers.emplace_back(work);
  }
  if (interrupted()) {
    std::sort(interruptions.begin(), interruptions.end());
    throw Interrupted(fmt::format(
        "{}\nThe same command continues from there.",
        interruptions.empty() ? "stopped between two runs" : fmt::format("{}", fmt::join(interruptions, "\n"))));
  }

  ReportRecord report{.title = name_,
                      .question = question_,
                      .source = source_,
                      .notes = {},
                      .runs = {},
                      .emms = {},
                      .machine = build_facts(),
                      .date = now_text(),
                      .command = {}};
  for (int i = 0; i < argc; ++i)
    report.command += (i ? " " : "") + (i ? std::string(argv[i]) : std::filesystem::path(argv[0]).filename().string());
  report.machine.emplace_back(
      "wall time of this command",
      duration_text(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count()));
  if (setup_.train.budget == Budget::steps)
    report.notes.push_back(
        fmt::format("Every size was trained for the same number of optimiser steps ({:.0f}), so a small set was seen "
                    "for more epochs; "
                    "the paper holds epochs equal (--budget epochs).",
                    setup_.train.length));
  for (const std::string& failure : failures) report.notes.push_back("A run failed: " + failure);
  for (auto& record : records)
    if (record) report.runs.push_back(std::move(*record));
  report.emms = emms(report);
  if (!report.runs.empty()) {
    write_report(report, options.out);
    fmt::print("\n{}\nreport: {}\n", text_table(report), (options.out / "report.html").string());
  }
  for (const std::string& failure : failures) fmt::print(stderr, "error: {}\n", failure);
  return failures.empty() ? 0 : kFailed;
}

}  // namespace diffmem
