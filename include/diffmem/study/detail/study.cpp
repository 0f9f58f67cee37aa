// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/measure/emm.hpp>
#include <diffmem/report/table.hpp>
#include <diffmem/report/write.hpp>
#include <diffmem/study/detail/options.hpp>
#include <diffmem/study/study.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

namespace diffmem {
namespace {

constexpr double kLevel = 0.9;  // 1 - epsilon of Definition 1

/// A run with what is known of it before it begins.
struct Task {
  std::unique_ptr<AnyRun> run;
  const ImageSet* images = nullptr;  ///< its training images
  RunPlan plan = {};
};
using Tasks = std::vector<Task>;

/// Sets what the designs of the runs and not the setup list.  Error naming all settings if nobody lists it.
void set_in_designs(const Tasks& tasks, const std::vector<Assignment>& assignments) {
  for (const auto& [path, text] : assignments) {
    bool found = false;
    for (const Task& task : tasks) found |= task.run->set(path, text);
    if (found) continue;
    std::vector<std::string> names, near;  // near: of the same last part, as train.lr for lr
    for (const auto& [name, value] : tasks.front().run->plan(*tasks.front().images).settings) {
      names.push_back(name);
      if (("." + name).ends_with("." + path.substr(path.rfind('.') + 1))) near.push_back(name);
    }
    throw Error("--set", fmt::format("no setting \"{}\"", path),
                fmt::format("one of {}", fmt::join(near.empty() ? names : near, " ")), "correct the name");
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

/// Training images by the data parameters that cut them out of the opened set.
using TrainingSets = std::map<Listing, ImageSet>;

/// Gives each task its images, out of the opened set `all`; those of equal parameters are cut once.
TrainingSets cut_sets(Tasks& tasks, const ImageSet& all) {
  TrainingSets sets;
  for (Task& task : tasks) {
    const DataParams& data = task.run->data();
    const Listing key = list_params(data);
    auto set = sets.find(key);
    if (set == sets.end()) set = sets.emplace(key, training_images(all, data)).first;
    task.images = &set->second;
  }
  return sets;
}

/// Settings, size, memory and time of each run, by a short try of each series.
void print_plan(const Tasks& tasks, at::Device device, int jobs, int threads) {
  fmt::print("Settings of the first run:\n");
  for (const auto& [name, text] : tasks.front().plan.settings) fmt::print("  {} = {}\n", name, text);
  fmt::print("\n");
  std::map<std::string, RunCost> costs;
  for (const auto& [run, images, plan] : tasks)
    if (!costs.contains(plan.series)) costs[plan.series] = run->try_out(*images, device);
  fmt::print("{:<28} {:>12} {:>9} {:>10} {:>12} {:>12} {:>9} {:>12}\n", "run", "parameters", "steps", "epochs",
             "train GFLOP", "sample GFLOP", "memory", "time");
  double total = 0, bytes = 0;
  for (const auto& [run, images, p] : tasks) {
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
      tasks.size(), jobs, threads, duration_text(total / jobs), jobs * bytes / 1e6);
}

std::vector<EmmRecord> emms(const ReportRecord& report) {
  std::vector<EmmRecord> result;
  for (const std::string& name : series_names(report)) {
    const auto points =
        report.runs |
        ranges::views::filter([&](const RunRecord& r) { return r.series == name && best_of(r.evaluations); }) |
        ranges::views::transform([](const RunRecord& r) { return SizeRatio{r.size, best_of(r.evaluations)->ratio}; }) |
        ranges::to<std::vector>;
    if (points.empty()) continue;
    const Emm emm = estimate_emm(points, kLevel);
    result.push_back({name, emm.linear, emm.logarithmic, emm.statement});
  }
  return result;
}

/// Runs at once, and threads of each.
struct Crew {
  int jobs = 1, threads = 1;
};

/// What --jobs and --threads leave open, so that the machine is full.
Crew crew_of(const Options& options, const RunPlan& plan, std::size_t runs) {
  const int cores = options.threads > 0 && options.jobs > 0 ? options.threads * options.jobs : available_cores();
  const bool one_core = plan.forward_flops <= kSmallNet && !options.device.is_cuda();
  const int wanted = options.jobs > 0 ? options.jobs : one_core ? cores : 1;
  Crew crew{.jobs = std::max(1, std::min(wanted, static_cast<int>(runs)))};
  crew.threads = options.threads > 0 ? options.threads : one_core ? 1 : std::max(1, cores / crew.jobs);
  return crew;
}

/// What the runs came to.
struct Outcome {
  std::vector<std::optional<RunRecord>> records;  ///< in the order of the runs; none where one failed
  std::vector<std::string> failures;
};

/// All runs, `jobs` of them at once, the longest first, so that none of the workers is left with one at the end.
Outcome carry_out(const Tasks& tasks, const RunContext& context, int jobs) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tasks[a].plan.train_flops > tasks[b].plan.train_flops; });
  Outcome outcome{.records = std::vector<std::optional<RunRecord>>(tasks.size()), .failures = {}};
  std::vector<std::string> interruptions;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    set_up_runtime({.threads = context.threads});  // OpenMP keeps the number of threads per thread
    for (std::size_t i; (i = next++) < order.size() && !interrupted();) {
      const auto& [run, images, plan] = tasks[order[i]];
      try {
        RunRecord record = run->run(*images, context);
        const std::lock_guard guard(mutex);
        outcome.records[order[i]] = std::move(record);
      } catch (const Interrupted& e) {
        const std::lock_guard guard(mutex);
        interruptions.emplace_back(e.what());
      } catch (const std::exception& e) {
        const std::string why =
            std::string_view(e.what()).starts_with(plan.cell) ? e.what() : fmt::format("{}: {}", plan.cell, e.what());
        context.board->finish(plan.cell, "failed: " + why);
        const std::lock_guard guard(mutex);
        outcome.failures.push_back(why);
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
  return outcome;
}

/// The command as it was typed, but for the program's folder.
std::string command_text(int argc, char** argv) {
  std::string text = std::filesystem::path(argv[0]).filename().string();
  for (int i = 1; i < argc; ++i) text += " " + std::string(argv[i]);
  return text;
}

/// The part of the report that the runs make.
ReportRecord report_of(Outcome outcome, const TrainParams& train) {
  ReportRecord report;
  report.machine = build_facts();
  report.date = now_text();
  if (train.budget == Budget::steps)
    report.notes.push_back(
        fmt::format("Every size was trained for the same number of optimiser steps ({:.0f}), so a small set was seen "
                    "for more epochs; "
                    "the paper holds epochs equal (--budget epochs).",
                    train.length));
  for (const std::string& failure : outcome.failures) report.notes.push_back("A run failed: " + failure);
  for (auto& record : outcome.records)
    if (record) report.runs.push_back(std::move(*record));
  report.emms = emms(report);
  return report;
}

}  // namespace

void StudyBase::add_maker(const std::string& series, MakeRun make) { designs_.emplace_back(series, std::move(make)); }

int StudyBase::run(int argc, char** argv) {
  return exit_code_of([&] { return conduct(argc, argv); });
}

int StudyBase::conduct(int argc, char** argv) {
  const std::optional<Options> parsed = parse_options(argc, argv, name_, question_, setup_, sizes_, menus_);
  if (!parsed) return 0;
  const Options& options = *parsed;
  std::vector<Assignment> of_setup, of_designs;  // --set
  Tasks tasks;
  on_command_line([&] {
    setup_.data.source = options.data;
    setup_.train.seed = options.seed;
    setup_.train.budget = options.budget;
    for (const Assignment& a : options.sets)
      (try_set_param(setup_, a.first, a.second) ? of_setup : of_designs).push_back(a);
    setup_.validate();
    for (const auto& [series, make] : designs_)
      for (const std::int64_t size : options.sizes) {
        Setup setup = setup_;
        setup.data.size = size;
        const auto& run =
            tasks.emplace_back(make(setup, fmt::format("{}{}|D| = {}", series, series.empty() ? "" : ", ", size))).run;
        for (const auto& [role, word] : options.words) run->set(role, word);
      }
  });
  TrainingSets sets;
  {
    const ImageSet all =
        open_images(setup_.data.source, Split::train, {.side = setup_.data.resolution, .shrink = setup_.data.shrink});
    on_command_line([&] {
      sets = cut_sets(tasks, all);
      set_in_designs(tasks, of_designs);
      for (Task& task : tasks) task.plan = task.run->plan(*task.images);
      refuse_overruled(setup_, of_setup, tasks.front().plan);
    });
  }
  const auto [jobs, threads] = crew_of(options, tasks.front().plan, tasks.size());
  set_up_runtime({.threads = threads});
  if (options.dry_run) {
    print_plan(tasks, options.device, jobs, threads);
    return 0;
  }

  make_folder(options.out);
  catch_interrupts();
  ProgressBoard board;
  board.say(fmt::format("{}: {} runs, {} at once with {} threads each, in {}", name_, tasks.size(), jobs, threads,
                        options.out.string()));
  const RunContext context{.out = options.out,
                           .board = &board,
                           .threads = threads,
                           .device = options.device,
                           .checkpoint_seconds = options.checkpoint_seconds};
  const auto begun = std::chrono::steady_clock::now();
  Outcome outcome = carry_out(tasks, context, jobs);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const std::vector<std::string> failures = outcome.failures;

  ReportRecord report = report_of(std::move(outcome), setup_.train);
  report.title = name_, report.question = question_, report.source = source_;
  report.command = command_text(argc, argv);
  report.machine.emplace_back("wall time of this command", duration_text(seconds));
  if (!report.runs.empty()) {
    write_report(report, options.out);
    fmt::print("\n{}\nreport: {}\n", text_table(report), (context.out / "report.html").string());
  }
  for (const std::string& failure : failures) fmt::print(stderr, "error: {}\n", failure);
  return failures.empty() ? 0 : 1;
}

}  // namespace diffmem
