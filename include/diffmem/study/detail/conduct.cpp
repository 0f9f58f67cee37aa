// SPDX-License-Identifier: MIT
#include <diffmem/core/device_work.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/report/index.hpp>
#include <diffmem/report/table.hpp>
#include <diffmem/report/write.hpp>
#include <diffmem/study/detail/conduct.hpp>
#include <diffmem/study/detail/verdicts.hpp>
#include <diffmem/study/run_folder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace diffmem {
namespace {

/// Cells by the name of their run: those of one name are one run.
using Runs = std::vector<const Cell*>;

/// The runs of this shard.
Runs runs_of(const std::vector<StudyGrid>& grids, const Shard& shard) {
  std::map<std::string_view, const Cell*> by_name;
  for (const StudyGrid& grid : grids)
    for (const Cell& cell : grid.cells) by_name.emplace(cell.plan.name, &cell);
  Runs runs;
  std::size_t i = 0;
  for (const auto& [name, cell] : by_name)
    if (i++ % shard.of == shard.part - 1) runs.push_back(cell);
  return runs;
}

constexpr const char* kRuns = "runs";  // in the folder of --out

double operations(const Cell* cell) { return cell->plan.train_flops + cell->plan.sample_flops; }

/// What a run costs while as many others are at work as will be: the mean of that many tries at once.
RunCost try_at_once(const Cell& cell, at::Device device, int jobs, int threads) {
  std::vector<RunCost> costs(static_cast<std::size_t>(jobs));
  std::exception_ptr thrown;
  std::mutex mutex;
  {
    std::vector<std::jthread> workers;
    for (RunCost& cost : costs)
      workers.emplace_back([&] {
        try {
          set_up_runtime({.threads = threads});  // OpenMP keeps the number of threads per thread
          cost = cell.run->try_out(cell.set->images, device);
        } catch (...) {
          const std::lock_guard guard(mutex);
          thrown = std::current_exception();
        }
      });
  }
  if (thrown) std::rethrow_exception(thrown);
  RunCost mean = costs.front();
  mean.train_seconds = mean.denoise_seconds = 0;
  for (const RunCost& cost : costs)
    mean.train_seconds += cost.train_seconds / jobs, mean.denoise_seconds += cost.denoise_seconds / jobs;
  return mean;
}

/// Settings, size, memory and time of each run, by a short try of each network.
void print_plan(const std::vector<StudyGrid>& grids, const Runs& runs, const TrainingSets& sets, const Options& options,
                int jobs, int threads) {
  const Cell& first = grids.front().cells.front();
  fmt::print("Settings of the first run, {}:\n", first.plan.cell);
  for (const auto& [name, text] : first.plan.settings) fmt::print("  {} = {}\n", name, text);
  for (const StudyGrid& grid : grids) {
    fmt::print("\nLabels of {}, as claims name them:", grid.study->name);
    for (const GridAxis& axis : grid.axes) fmt::print(" {}={}", axis.name, fmt::join(axis.labels, "|"));
    fmt::print("\n");
    for (const std::string& sentence : beyond_grid(grid)) fmt::print("  undecided here: {}\n", sentence);
  }
  for (const std::string& source : sets.absent())
    fmt::print("\n{} is not on this machine: planned for images of its published shape.\n", source);
  std::map<std::string, RunCost> costs;
  double total = 0, bytes = 0;
  std::size_t done = 0;
  const auto cost_of = [&](const Cell& cell) {
    auto cost = costs.find(cell.plan.cost_key);
    if (cost == costs.end())
      cost = costs.emplace(cell.plan.cost_key, try_at_once(cell, options.device, jobs, threads)).first;
    return cost->second;
  };
  for (const StudyGrid& grid : grids) {
    fmt::print("\n{:<36} {:>12} {:>9} {:>10} {:>12} {:>12} {:>9} {:>12}\n", grid.study->name, "parameters", "steps",
               "epochs", "train GFLOP", "sample GFLOP", "memory", "time");
    for (const Cell& cell : grid.cells) {
      const RunPlan& p = cell.plan;
      const bool ours = std::ranges::find(runs, &cell) != runs.end();  // not another's of the same name
      const RunCost cost = cost_of(cell);
      const double seconds = p.trained * cost.train_seconds + p.denoised * cost.denoise_seconds;
      const double memory = cost.bytes(p.micro_batch);
      const bool finished = ours && is_finished(options.out / kRuns / p.name);
      if (finished) ++done;
      if (ours && !finished) total += seconds, bytes = std::max(bytes, memory);
      fmt::print("{:<36} {:>12} {:>9} {:>10.0f} {:>12.0f} {:>12.0f} {:>9} {:>12}{}\n", p.cell, p.parameters, p.steps,
                 p.epochs, p.train_flops / 1e9, p.sample_flops / 1e9, fmt::format("{:.0f} MB", memory / 1e6),
                 duration_text(seconds),
                 !ours      ? "  (shared, or of another shard)"
                 : finished ? "  (done)"
                            : "");
    }
  }
  fmt::print(
      "\n{} runs, {} done, {} at once with {} threads each: about {} and {:.0f} MB of tensors, by a short try of each "
      "network on this machine.\n",
      runs.size(), done, jobs, threads, duration_text(total / jobs), jobs * bytes / 1e6);
}

/// Runs at once, and threads of each.
struct Crew {
  int jobs = 1, threads = 1;
};

/// What --jobs and --threads leave open, so that the machine is full.
Crew crew_of(const Options& options, const Runs& runs, const Place& place) {
  if (place.size > 1) {  // they work on one run together
    if (options.jobs > 1)
      throw UsageError(
          fmt::format("--jobs {}: got several runs at once in each of {} processes that work together; want "
                      "1; leave it out",
                      options.jobs, place.size));
    return {.jobs = 1,
            .threads = options.threads > 0 ? options.threads : std::max(1, available_cores() / place.local_size)};
  }
  const int cores = options.threads > 0 && options.jobs > 0 ? options.threads * options.jobs : available_cores();
  const auto small = [](const Cell* cell) { return cell->plan.forward_flops <= kSmallNet; };
  const bool one_core = std::ranges::all_of(runs, small) && !options.device.is_cuda();
  const int wanted = options.jobs > 0 ? options.jobs : one_core ? cores : 1;
  const int most = options.device.is_cuda() ? kMostStreams : wanted;
  Crew crew{.jobs = std::max(1, std::min({wanted, most, static_cast<int>(runs.size())}))};
  crew.threads = options.threads > 0 ? options.threads : one_core ? 1 : std::max(1, cores / crew.jobs);
  return crew;
}

/// What the runs came to, by name.
struct Outcomes {
  std::map<std::string, RunRecord> records;
  std::map<std::string, std::string> failures;
};

/// All runs, `jobs` of them at once; or one after the other by all processes of a world, which ends with the first failure
/// that is not the same in all of them.
Outcomes carry_out(Runs runs, Priority priority, const RunContext& context, int jobs) {
  std::ranges::stable_sort(runs, [&](const Cell* a, const Cell* b) {
    return priority == Priority::cheapest ? operations(a) < operations(b) : operations(a) > operations(b);
  });
  Outcomes outcomes;
  std::vector<std::string> interruptions;
  std::vector<const Cell*> busy;  // another process works on them: they wait until all else is done
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const double begun = steady_seconds();
  double left = 0, made = 0;  // operations
  std::size_t done = 0;       // runs
  for (const Cell* cell : runs)
    if (is_finished(context.runs / cell->plan.name))
      ++done;
    else
      left += operations(cell);
  const auto tell = [&](const Cell& cell) {  // of a run that was not done before; the mutex is held
    ++done, left -= operations(&cell), made += operations(&cell);
    if (runs.size() > 1)
      context.board->head(fmt::format("[{} of {} runs, {} left] ", done, runs.size(),
                                      duration_text((steady_seconds() - begun) / made * left)));
  };
  /// False if another process works on it.
  const auto attempt = [&](const Cell& cell) {
    const bool was_done = is_finished(context.runs / cell.plan.name);
    if (was_done && context.trace) context.board->say(cell.plan.cell + ": is done; there is nothing to trace");
    try {
      RunRecord record = cell.run->run(cell.set->images, cell.plan, context);
      const std::lock_guard guard(mutex);
      outcomes.records[cell.plan.name] = std::move(record);
      if (!was_done) tell(cell);
    } catch (const RunBusy&) {
      return false;
    } catch (const Interrupted& e) {
      const std::lock_guard guard(mutex);
      interruptions.emplace_back(e.what());
    } catch (const std::exception& e) {
      if (!context.world->is_alone() && !dynamic_cast<const NotFinite*>(&e)) throw;
      const std::string& name = cell.plan.cell;
      const std::string why =
          std::string_view(e.what()).starts_with(name) ? e.what() : fmt::format("{}: {}", name, e.what());
      context.board->finish(name, "failed: " + why);
      const std::lock_guard guard(mutex);
      outcomes.failures[cell.plan.name] = why;
      if (!was_done) tell(cell);
    }
    return true;
  };
  const World& world = *context.world;
  const auto work = [&] {
    set_up_runtime({.threads = context.threads});  // OpenMP keeps the number of threads per thread
    const OwnStream stream(context.device);
    for (std::size_t i; (i = next++) < runs.size() && !world.any(interrupted());)
      if (!attempt(*runs[i])) {
        context.board->say(runs[i]->plan.cell + ": another process works on it; waits");
        const std::lock_guard guard(mutex);
        busy.push_back(runs[i]);
      }
  };
  if (jobs == 1) {
    work();
  } else {
    std::vector<std::jthread> workers;
    for (int j = 0; j < jobs; ++j) workers.emplace_back(work);
  }
  for (const Cell* cell : busy)
    while (!world.any(interrupted()) && !attempt(*cell)) std::this_thread::sleep_for(std::chrono::seconds(1));
  if (world.any(interrupted())) {
    for (const auto& [name, failure] : outcomes.failures) fmt::print(stderr, "error: {}\n", failure);
    std::sort(interruptions.begin(), interruptions.end());
    throw Interrupted(fmt::format(
        "{}\nThe same command continues from there.",
        interruptions.empty() ? "stopped between two runs" : fmt::format("{}", fmt::join(interruptions, "\n"))));
  }
  return outcomes;
}

/// Prints failures; the exit code that they mean.
int say(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) fmt::print(stderr, "error: {}\n", failure);
  return failures.empty() ? 0 : 1;
}

/// Does what conduct() says, with the other processes of `world`.
int conduct_in(const World& world, const std::vector<StudyGrid>& grids, const Runs& runs, const Options& options,
               Priority priority, const std::string& command, const std::vector<std::string>& refused, Crew crew) {
  const auto [jobs, threads] = crew;
  std::optional<Peaks> peaks;
  if (world.leads()) {
    make_folder(options.out);
    if (options.trace) peaks = machine_peaks();
  }
  catch_interrupts();
  ProgressBoard board(world.leads() ? stdout : nullptr);
  board.say(fmt::format("{}: {} runs, {} with {} threads each, in {}",
                        grids.size() == 1 ? grids.front().study->name : fmt::format("{} studies", grids.size()),
                        runs.size(),
                        world.is_alone() ? fmt::format("{} at once", jobs)
                                         : fmt::format("one after the other by {} processes", world.size()),
                        threads, options.out.string()));
  for (const StudyGrid& grid : grids)
    for (const std::string& sentence : beyond_grid(grid))
      board.say(fmt::format("{}: undecided here: {}", grid.study->name, sentence));
  const RunContext context{.runs = options.out / kRuns,
                           .board = &board,
                           .threads = threads,
                           .device = options.device,
                           .checkpoint_seconds = options.checkpoint_seconds,
                           .world = &world,
                           .trace = peaks ? &*peaks : nullptr};
  const double begun = steady_seconds();
  const Outcomes outcomes = carry_out(runs, priority, context, jobs);
  const double seconds = steady_seconds() - begun;
  if (!world.leads()) return outcomes.failures.empty() && refused.empty() ? 0 : 1;  // rank 0 writes and says it all

  std::vector<IndexRecord> index;
  std::vector<std::string> failures = refused;
  for (const auto& [name, failure] : outcomes.failures) failures.push_back(failure);
  for (const StudyGrid& grid : grids) try {
      ReportRecord report = report_of(grid, outcomes.records, options.profile, available_cores());
      if (report.runs.empty()) continue;  // an earlier report stays
      report.command = command;
      for (const Cell& cell : grid.cells)
        if (const auto failed = outcomes.failures.find(cell.plan.name); failed != outcomes.failures.end())
          report.notes.push_back("A run failed: " + failed->second);
      report.machine.emplace_back("wall time of this command", duration_text(seconds));
      const std::filesystem::path folder = options.out / grid.study->name;
      write_report(report, folder);
      fmt::print("\n{}\nreport: {}\n", text_table(report), (folder / "report.html").string());
      index.push_back({grid.study->name, report});
    } catch (const Error& e) {  // of one report; the others are still to be written
      failures.push_back(fmt::format("report of {}: {}", grid.study->name, e.what()));
    }
  write_index(index, options.out);
  fmt::print("\nall reports: {}\n", (options.out / "index.html").string());
  if (!options.publish.empty()) {
    publish_results(index, options.out, options.publish);
    fmt::print("\nresults: {}\n", (options.publish / "results.md").string());
  }
  return say(failures);
}

}  // namespace

std::string command_text(int argc, char** argv) {
  std::string text = std::filesystem::path(argv[0]).filename().string();
  for (int i = 1; i < argc; ++i) text += " " + std::string(argv[i]);
  return text;
}

int conduct(const std::vector<StudyGrid>& grids, TrainingSets& sets, const Options& options, Priority priority,
            const std::string& command, const std::vector<std::string>& refused) {
  const Place place = place_here();
  const Runs runs = runs_of(grids, options.shard);
  if (runs.empty()) {
    if (place.rank == 0) fmt::print("No run for part {} of {}.\n", options.shard.part, options.shard.of);
    return say(refused);
  }
  const Crew crew = crew_of(options, runs, place);
  set_up_runtime({.threads = crew.threads});
  if (options.dry_run) {
    if (place.rank == 0) print_plan(grids, runs, sets, options, crew.jobs, crew.threads);
    return say(refused);
  }
  sets.forget_sources();
  Options here = options;
  if (here.device.is_cuda() && place.size > 1) here.device.set_index(static_cast<at::DeviceIndex>(place.local_rank));
  const World world(place, here.device, options.timeout);
  try {
    return conduct_in(world, grids, runs, here, priority, command, refused, crew);
  } catch (const WorldBroken&) {
    throw;
  } catch (const Interrupted&) {  // all are
    throw;
  } catch (const std::exception& e) {
    world.tell_failure(e.what());
    throw;
  }
}

}  // namespace diffmem
